import type { CallToolResult, Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { CancelledError, type Stop } from '../kling/deadline.js';
import type { Progress } from '../kling/wait.js';
import { parseArguments } from './arguments.js';
import { toErrorResult } from './result.js';

/** What a call brings besides its arguments. */
export interface CallContext {
  stop: Stop;
  /** Whether the client's protocol version knows `resource_link`; asked late, as `initialize` may still be on its way. */
  takesResourceLinks(): boolean;
  /** Present where the client asked for progress. `total` is the number of seconds the call may wait. */
  notifyProgress?: ((progress: { progress: number; total: number; message: string }) => void) | undefined;
}

/** A tool as the server lists and calls it. */
export interface Tool {
  listing: ListedTool;
  /** @throws KlingError by the error table; CancelledError */
  call(args: unknown, context: CallContext): Promise<CallToolResult>;
  /** A wait that is driven by polls. @throws KlingError for bad arguments */
  follow(args: unknown, startedAtMs?: number): Following;
}

/** A wait driven by polls. (The lead's; defined here until it is merged.) */
export interface Following {
  readonly ids: string[];
  readonly askedWaitSeconds: number;
  look(maxMs: number, stop: Stop): Promise<void>;
  readonly done: boolean;
  readonly finished: number;
  readonly total: number;
  readonly pollIntervalMs: number;
  readonly fault: string | undefined;
  result(): CallToolResult;
  cancel(): void;
}

interface ToolDefinition<Input> {
  name: string;
  title: string;
  description: string;
  input: z.ZodType<Input>;
  output: z.ZodType;
  run(input: Input, context: CallContext): Promise<CallToolResult>;
}

/** JSON Schema as `tools/list` shows it, without what only costs tokens there: `$schema`, and the bounds of an int. */
function jsonSchemaOf(schema: z.ZodType) {
  const { $schema, properties, ...shown } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  // JSON Schema allows `true` as a property's schema; the SDK's type does not, and zod never writes it there.
  const objects = Object.entries(properties ?? {}).flatMap(([name, property]) =>
    typeof property === 'object' ? [[name, property] as const] : [],
  );
  return { ...shown, type: 'object' as const, properties: Object.fromEntries(objects) };
}

/** Puts a tool together; its schemas become JSON Schema here, once. Both tools only look. */
export function defineTool<Input>({ name, title, description, input, output, run }: ToolDefinition<Input>): Tool {
  return {
    listing: {
      name,
      title,
      description,
      inputSchema: jsonSchemaOf(input),
      outputSchema: jsonSchemaOf(z.object({ result: output })),
      annotations: { title, readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    call: async (args, context) => {
      try {
        return await run(parseArguments(input, args), context);
      } catch (error) {
        if (error instanceof CancelledError) throw error;
        return toErrorResult(error);
      }
    },
    follow() {
      throw new Error('not yet');
    },
  };
}

/** Turns the progress of a wait into notifications: seconds of `total`, strictly rising, with a sentence for a person. */
export function progressReporter(
  waitSeconds: number,
  { notifyProgress }: CallContext,
): ((progress: Progress) => void) | undefined {
  if (!notifyProgress) return undefined;
  let last = 0;
  return ({ finished, total, elapsedMs }) => {
    const seconds = Math.round(elapsedMs / 100) / 10;
    if (seconds <= last) return;
    last = seconds;
    const tasks = total === 1 ? 'task' : 'tasks';
    const message = `${finished} of ${total} ${tasks} finished, ${Math.round(seconds)} s`;
    notifyProgress({ progress: seconds, total: waitSeconds, message });
  };
}
