import type { CallToolResult, Progress } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { KlingError } from '../kling/api/error.js';
import { keyOf } from '../kling/lookup.js';
import type { Scheduler } from '../kling/scheduler.js';
import { type Outcome, Watch } from '../kling/watch.js';
import { isEmpty, type JsonObject } from '../text/json.js';
import { parseArguments } from './arguments.js';
import { toErrorResult, toResult } from './result.js';

/** The MCP Apps view of every tool. */
export const VIEW_URI = 'ui://kling-tasks/view.html';

/** A wait of at least this length looks once more for an id that was not found, because replicas of the API lag. */
const MIN_RECHECK_WAIT_S = 5;
/** A little over 4 s: lookups happen at whole seconds, and progress must not coincide with the result. */
const PROGRESS_INTERVAL_MS = 4100;
/** From here to its deadline a wait reports nothing, since its last lookup is under way. */
const LAST_LOOKUP_S = 1;

/** Receives how many seconds have passed of those that a call may wait. */
export type NotifyProgress = (progress: Progress) => void;

/** One call of a tool, whose arguments have been checked. */
export interface Call {
  /** How long it may wait, at most `KLING_MAX_WAIT`. */
  readonly waitSeconds: number;
  readonly watch: Watch;
  /** What it is about, in a word that people and models get to read. */
  readonly label: string;
  /**
   * Looks the tasks up, waits where that was asked for, and answers. Every fault is a result with `isError`.
   * @param signal aborts when nobody wants the answer any more
   * @param notifyProgress present if the client asked for progress
   */
  run(signal: AbortSignal, notifyProgress?: NotifyProgress): Promise<CallToolResult>;
  /** The answer by what is known now. */
  result(): CallToolResult;
}

/** A tool as the protocol lists and calls it. */
export interface Tool {
  /** What `tools/list` shows of it. */
  readonly listing: { name: string } & JsonObject;
  /** @throws KlingError `invalid_arguments` */
  begin(args: unknown): Call;
  /** Goes on with a call that began before a restart; present if the call's label says all that is needed. */
  resume?(label: string): Call;
}

/** What both tools need. */
export interface ToolOptions {
  scheduler: Scheduler;
  /** The largest wait_seconds that is offered to the model. */
  maxWaitSeconds: number;
}

/** A tool as its own file describes it. */
export interface ToolDefinition<Arguments extends { wait_seconds: number }> {
  name: string;
  title: string;
  description: string;
  input: z.ZodObject & z.ZodType<Arguments>;
  output: z.ZodType;
  /** The ids to look up, as they were sent. */
  idsOf(args: Arguments): string[];
  labelOf(ids: string[]): string;
  /**
   * What the tool returns as `result`.
   * @param waitSeconds how long the call could wait
   * @throws KlingError if the lookup failed
   */
  resultOf(outcome: Outcome, ids: string[], waitSeconds: number): object;
  /** The arguments of a call, except how long to wait, by its label alone. */
  argumentsOf?(label: string): Omit<Arguments, 'wait_seconds'>;
}

/** Makes a tool of its definition. */
export function defineTool<Arguments extends { wait_seconds: number }>(
  { scheduler, maxWaitSeconds }: ToolOptions,
  definition: ToolDefinition<Arguments>,
): Tool {
  const { name, title, description, input, output, idsOf, labelOf, resultOf, argumentsOf } = definition;

  function begin(args: unknown, isResumed = false): Call {
    const parsed = parseArguments(input, args);
    const waitSeconds = parsed.wait_seconds;
    const ids = distinct(idsOf(parsed));
    const watch = new Watch(scheduler, ids, { recheckNotFound: waitSeconds >= MIN_RECHECK_WAIT_S, isResumed });
    const result = () => {
      try {
        return toResult(resultOf(watch.outcome(), ids, waitSeconds));
      } catch (error) {
        if (error instanceof KlingError) return toErrorResult(error);
        throw error;
      }
    };
    return {
      waitSeconds,
      watch,
      label: labelOf(ids),
      result,
      async run(signal, notifyProgress) {
        const endReports = notifyProgress && waitSeconds > 0 ? report(watch, waitSeconds, notifyProgress) : undefined;
        await watch.wait(waitSeconds * 1000, signal);
        endReports?.();
        return result();
      },
    };
  }

  return {
    listing: {
      name,
      description,
      inputSchema: jsonSchemaOf(input),
      outputSchema: jsonSchemaOf(z.object({ result: output })),
      annotations: { title, readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
      // The flat key is the older form, which hosts still read.
      _meta: { ui: { resourceUri: VIEW_URI, visibility: ['model', 'app'] }, 'ui/resourceUri': VIEW_URI },
    },
    begin,
    ...(argumentsOf && {
      resume: (label: string) => begin({ ...argumentsOf(label), wait_seconds: maxWaitSeconds }, true),
    }),
  };
}

/** Each id once, where and as it was sent first. */
function distinct(ids: string[]): string[] {
  const keys = ids.map(keyOf);
  return ids.filter((id, index) => keys.indexOf(keyOf(id)) === index);
}

/** Reports progress now and then every 4 s or so; returns what ends that. */
function report(watch: Watch, waitSeconds: number, notifyProgress: NotifyProgress): () => void {
  const startMs = performance.now();
  const notify = () => {
    const { finished, total } = watch.state;
    const seconds = Math.round((performance.now() - startMs) / 100) / 10;
    if (seconds > 0 && seconds >= waitSeconds - LAST_LOOKUP_S) return;
    const message = `${finished} of ${total} ${total === 1 ? 'task' : 'tasks'} finished, ${Math.round(seconds)} s`;
    notifyProgress({ progress: seconds, total: waitSeconds, message });
  };
  notify();
  const timer = setInterval(notify, PROGRESS_INTERVAL_MS);
  return () => clearInterval(timer);
}

/**
 * JSON Schema for `tools/list`, as all its readers take it: without `additionalProperties`, which Gemini refuses, and
 * without what says nothing: `$schema`, no properties, the bounds of every integer, the required parts of a part.
 */
function jsonSchemaOf(schema: z.ZodType): object {
  const { $schema, ...shown } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema, path }) => {
      delete jsonSchema.additionalProperties;
      if (jsonSchema.properties && isEmpty(jsonSchema.properties)) delete jsonSchema.properties;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      // Deeper than `properties.result`.
      if (path.length > 2) delete jsonSchema.required;
    },
  });
  return shown;
}
