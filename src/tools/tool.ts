import type { CallToolResult, Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { KlingError } from '../kling/api/error.js';
import type { Outcome } from '../kling/follow.js';
import type { Looker } from '../kling/looker.js';
import { PolledWait } from '../kling/polled-wait.js';
import type { Stop } from '../kling/stop.js';
import { type Progress, waitForTasks } from '../kling/wait.js';
import { type ArgumentsSchema, type CallArguments, parseArguments } from './arguments.js';
import { toErrorResult } from './result.js';
import { VIEW_URI } from './view-uri.js';

/** Progress of a call: seconds of `total`, the number of seconds that it may wait. */
export interface CallProgress {
  progress: number;
  total: number;
  message: string;
}

/** The context of a call, besides its arguments. */
export interface CallContext {
  stop: Stop;
  /** Present if the client asked for progress. */
  notifyProgress?: ((progress: CallProgress) => void) | undefined;
}

/** A tool as the server lists and calls it. */
export interface Tool {
  listing: ListedTool;
  /**
   * Answers a call; every fault is a result with `isError`.
   * @throws CancelledError
   */
  call(args: unknown, context: CallContext): Promise<CallToolResult>;
  /**
   * Begins a wait that is driven by polls.
   * @param isResumed whether it began earlier, in another process
   * @throws KlingError for bad arguments or a bad configuration; see {@link toErrorResult}
   */
  follow(args: unknown, isResumed?: boolean): Following;
}

/** A call that is followed by polls: see {@link PolledWait}. */
export interface Following
  extends Pick<PolledWait, 'done' | 'looked' | 'finished' | 'total' | 'pollIntervalMs' | 'fault'> {
  /** The ids that were asked for, each once. */
  readonly ids: string[];
  /** As it was sent, before it is bounded. */
  readonly askedWaitSeconds: number;
  look: PolledWait['look'];
  /** What is known now, as the tool answers it. */
  result(): CallToolResult;
  cancel(): void;
}

/** The looker, or an error that says what is wrong with the configuration. */
export type Backend = Looker | KlingError;

/** What both tools need. */
export interface ToolOptions {
  backend: Backend;
  /** The largest wait_seconds that is offered to the model. */
  maxWaitSeconds: number;
  /** Called with an error that is a bug rather than a fault of the API or the caller. */
  onBug(error: unknown): void;
  /** Called with the reason when the arguments of a call are refused. */
  onRefusal?(reason: string): void;
}

interface ToolDefinition {
  name: string;
  title: string;
  description: string;
  input: ArgumentsSchema;
  output: z.ZodType;
  /**
   * The result of a call.
   * @throws KlingError if the lookup failed
   */
  toResult(outcome: Outcome, args: CallArguments): CallToolResult;
}

/** Creates a tool, and converts its schemas to JSON Schema once. */
export function defineTool(definition: ToolDefinition, options: ToolOptions): Tool {
  const { backend, maxWaitSeconds } = options;
  const { name, title, description, input, output, toResult } = definition;

  const prepare = (args: unknown) => {
    const parsed = parseArguments(input, args, maxWaitSeconds);
    if (backend instanceof KlingError) throw backend;
    return { parsed, looker: backend };
  };
  const guard = (error: unknown) => {
    if (!(error instanceof KlingError)) options.onBug(error);
    else if (error.code === 'invalid_arguments') options.onRefusal?.(`${name}: ${error.message}`);
    return toErrorResult(error);
  };

  return {
    listing: {
      name,
      title,
      description,
      inputSchema: jsonSchemaOf(input),
      outputSchema: jsonSchemaOf(z.object({ result: output })),
      annotations: { title, readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
      // The flat key is the older form, which hosts still read.
      _meta: { ui: { resourceUri: VIEW_URI, visibility: ['model', 'app'] }, 'ui/resourceUri': VIEW_URI },
    },

    async call(args, context) {
      try {
        const { parsed, looker } = prepare(args);
        const { ids, waitSeconds } = parsed;
        const onProgress = progressReporter(waitSeconds, context);
        const outcome = await waitForTasks(looker, ids, { waitMs: waitSeconds * 1000, stop: context.stop, onProgress });
        return toResult(outcome, parsed);
      } catch (error) {
        if (context.stop.cancelled.aborted) throw error;
        return guard(error);
      }
    },

    follow(args, isResumed = false) {
      const { parsed, looker } = prepare(args);
      const wait = new PolledWait(looker, parsed.ids, isResumed);
      return Object.assign(wait, {
        ids: parsed.ids,
        askedWaitSeconds: parsed.askedWaitSeconds,
        result() {
          try {
            return toResult(wait.outcome(), parsed);
          } catch (error) {
            return guard(error);
          }
        },
      });
    },
  };
}

/** The JSON Schema for `tools/list`, without what would only cost tokens: `$schema` and the bounds of an int. */
function jsonSchemaOf(schema: z.ZodType) {
  const { $schema, properties, ...shown } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  // JSON Schema allows `true` as the schema of a property. The SDK's type does not, and zod never produces it.
  const objects = Object.entries(properties ?? {}).flatMap(([name, property]) =>
    typeof property === 'object' ? [[name, property] as const] : [],
  );
  return { ...shown, type: 'object' as const, properties: Object.fromEntries(objects) };
}

/** Turns the progress of a wait into notifications: the seconds so far, strictly increasing, with a sentence for a person. */
function progressReporter(waitSeconds: number, { notifyProgress }: CallContext) {
  if (!notifyProgress) return undefined;
  return ({ finished, total, elapsedMs }: Progress) => {
    const seconds = Math.round(elapsedMs / 100) / 10;
    const message = `${finished} of ${total} ${total === 1 ? 'task' : 'tasks'} finished, ${Math.round(seconds)} s`;
    notifyProgress({ progress: seconds, total: waitSeconds, message });
  };
}
