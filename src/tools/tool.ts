import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { KlingError } from '../kling/api/error.js';
import type { Outcome, Progress } from '../kling/follow.js';
import type { Looker } from '../kling/looker.js';
import { PolledWait } from '../kling/polled-wait.js';
import type { Stop } from '../kling/stop.js';
import { Wait } from '../kling/wait.js';
import { isObject } from '../text/json.js';
import { type ArgumentsSchema, type CallArguments, parseArguments } from './arguments.js';
import { toErrorResult } from './result.js';
import { VIEW_URI } from './view-uri.js';

/** The context of a call, besides its arguments. */
export interface CallContext {
  stop: Stop;
  /** Present if the client asked for progress: seconds elapsed of the `total` that the call may wait. */
  notifyProgress?: ((progress: { progress: number; total: number; message: string }) => void) | undefined;
}

/** What both tools need. */
export interface ToolOptions {
  looker: Looker;
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

/** A tool as the server lists and calls it. */
export type Tool = ReturnType<typeof defineTool>;

/** What `tools/list` shows of a tool. */
export type Listing = Tool['listing'];

/** A call that is followed by polls; see {@link PolledWait}. */
export type Following = ReturnType<Tool['follow']>;

/** Makes a tool of its definition. */
export function defineTool({ looker, maxWaitSeconds, onBug, onRefusal }: ToolOptions, definition: ToolDefinition) {
  const { name, title, description, input, output, toResult } = definition;

  const refuse = (error: unknown): CallToolResult => {
    if (!(error instanceof KlingError)) onBug(error);
    else if (error.code === 'invalid_arguments') onRefusal?.(`${name}: ${error.message}`);
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

    /**
     * Answers a call; every fault is a result with `isError`.
     * @throws CancelledError
     */
    async call(args: unknown, context: CallContext): Promise<CallToolResult> {
      const { stop } = context;
      try {
        const parsed = parseArguments(input, args, maxWaitSeconds);
        const { ids, waitSeconds } = parsed;
        const onProgress = progressReporter(waitSeconds, context);
        const wait = new Wait(looker, ids, { waitMs: waitSeconds * 1000, stop, onProgress });
        return toResult(await wait.run(), parsed);
      } catch (error) {
        if (stop.cancelled.aborted) throw error;
        return refuse(error);
      }
    },

    /**
     * Begins a wait that is driven by polls.
     * @param isResumed whether it began earlier, in another process
     * @throws KlingError for invalid arguments
     */
    follow(args: unknown, isResumed = false) {
      const parsed = parseArguments(input, args, maxWaitSeconds);
      const { ids, askedWaitSeconds } = parsed;
      const wait = new PolledWait(looker, ids, isResumed);
      return {
        wait,
        askedWaitSeconds,
        /** Looks at what is due. */
        look: (maxMs: number, context: CallContext) =>
          wait.look(maxMs, context.stop, progressReporter(askedWaitSeconds, context)),
        /** What is known now, as the tool answers it. */
        result: () => {
          try {
            return toResult(wait.outcome(), parsed);
          } catch (error) {
            return refuse(error);
          }
        },
      };
    },
  };
}

/** The JSON Schema for `tools/list`, without what would only cost tokens: `$schema`, the bounds of an int, and that an object is open. */
function jsonSchemaOf(schema: z.ZodType): object {
  const { $schema, ...shown } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (isObject(jsonSchema.additionalProperties)) {
        delete jsonSchema.additionalProperties;
        delete jsonSchema.properties;
      }
    },
  });
  return shown;
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
