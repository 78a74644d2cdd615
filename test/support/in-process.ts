import { createServer } from 'node:http';
import type { JsonSchemaType } from '@modelcontextprotocol/sdk/validation';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import { KlingClient } from '../../src/kling/api/client.js';
import { createLookups } from '../../src/kling/lookup.js';
import { Scheduler } from '../../src/kling/scheduler.js';
import { getTaskTool } from '../../src/tools/get-task.js';
import { getTasksBatchTool } from '../../src/tools/get-tasks-batch.js';
import { toErrorResult } from '../../src/tools/result.js';
import type { CallContext, Tool } from '../../src/tools/tool.js';
import { FakeApi, type Handler, type TaskSource, TOKEN } from './fake-api.js';
import { type Json, PRIVATE_VALUES } from './records.js';
import type { ToolResult } from './server-process.js';

/** Whatever calls tools: a client of a server process, or the tools themselves. */
export interface ToolCaller {
  call(name: string, args: Json): Promise<ToolResult>;
}

export interface InProcessOptions {
  tasks?: TaskSource[];
  /** Answers every request, as {@link FakeApi.always}. */
  always?: Handler | undefined;
  requestTimeoutSeconds?: number;
  maxWaitSeconds?: number;
  userAgent?: string;
}

type CallOptions = Pick<CallContext, 'notifyProgress'> & { signal?: AbortSignal };

/**
 * The tools with a fake API of their own, over real HTTP but without a server process, so that a case does not affect
 * another one's API or pace. Every result is checked in the same way as by {@link Session}.
 */
export class InProcess implements ToolCaller {
  readonly bugs: unknown[] = [];
  /** What was told to the log. */
  readonly log: string[] = [];
  readonly #tools: Map<string, Tool>;
  readonly #closing = new AbortController();

  private constructor(
    readonly fakeApi: FakeApi,
    { requestTimeoutSeconds = 30, maxWaitSeconds = 50, userAgent = 'test' }: InProcessOptions,
  ) {
    const client = new KlingClient(
      { token: TOKEN, baseUrl: new URL(fakeApi.url), requestTimeoutMs: requestTimeoutSeconds * 1000 },
      userAgent,
    );
    const log = {
      bug: (error: unknown) => this.bugs.push(error),
      warn: (message: string) => this.log.push(message),
      debug: (message: string) => this.log.push(message),
    };
    const scheduler = new Scheduler(createLookups(client, log.debug), {
      closing: this.#closing.signal,
      onBug: log.bug,
    });
    const options = { scheduler, maxWaitSeconds, log };
    const tools = [getTaskTool(options), getTasksBatchTool(options)];
    this.#tools = new Map(tools.map((tool) => [tool.listing.name, tool]));
  }

  static async start(options: InProcessOptions = {}): Promise<InProcess> {
    const fakeApi = await FakeApi.start(options.tasks, createServer());
    fakeApi.always = options.always;
    return new InProcess(fakeApi, options);
  }

  /**
   * Calls a tool.
   * @param options the signal cancels the call, which then rejects
   */
  readonly call = async (name: string, args: unknown, options: CallOptions = {}): Promise<ToolResult> => {
    const tool = this.tool(name);
    const { signal = new AbortController().signal, notifyProgress } = options;
    const result = (await callTool(tool, args, { signal, notifyProgress })) as unknown as ToolResult;
    check(tool, result);
    return result;
  };

  tool(name: string): Tool {
    const tool = this.#tools.get(name);
    if (!tool) throw new Error(`no tool ${name}`);
    return tool;
  }

  /** Ends the fake API, and fails if a call ran into a bug. */
  async close(): Promise<void> {
    await this.fakeApi.close();
    if (this.bugs.length > 0) throw this.bugs[0];
  }
}

/** As the protocol does it. */
async function callTool(tool: Tool, args: unknown, context: CallContext) {
  try {
    return await tool.begin(args).run(context);
  } catch (error) {
    return toErrorResult(error);
  }
}

/** Runs a case with tools of its own. */
export async function inProcess<T>(options: InProcessOptions, run: (tools: InProcess) => Promise<T>): Promise<T> {
  const tools = await InProcess.start(options);
  try {
    return await run(tools);
  } finally {
    await tools.close();
  }
}

const ajv = new AjvJsonSchemaValidator();
/** Shared by all instances, because compiling a schema takes longer than many a case. */
const validators = new Map<string, ReturnType<typeof ajv.getValidator>>();

/** What the client of a server process checks as well: the output schema, and that no secret is shown. */
function check({ listing }: Tool, result: ToolResult): void {
  const text = JSON.stringify(result);
  for (const secret of [TOKEN, ...PRIVATE_VALUES]) {
    if (text.includes(secret)) throw new Error(`a result shows ${secret}`);
  }
  if (result.isError) return;
  const validate = validators.get(listing.name) ?? ajv.getValidator(listing.outputSchema as JsonSchemaType);
  validators.set(listing.name, validate);
  const { valid, errorMessage } = validate(result.structuredContent);
  if (!valid) throw new Error(`a result breaks the output schema: ${errorMessage}`);
}
