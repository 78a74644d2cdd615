import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Notification, Request, Result } from '@modelcontextprotocol/sdk/types.js';
import { KlingError } from '../kling/api/error.js';
import type { Log } from '../log.js';
import { cleanLine } from '../text/clean.js';
import type { JsonObject } from '../text/json.js';
import { toErrorResult } from '../tools/result.js';
import type { NotifyProgress, Tool } from '../tools/tool.js';
import { invalidParams, ProtocolError, stringOf } from './message.js';
import type { ProtocolTasks } from './tasks.js';
import { readView, VIEW_RESOURCE } from './view-resource.js';

export interface ServerOptions {
  info: { name: string; title: string; version: string };
  /** What clients tell the model about the server as a whole. */
  instructions: string;
  /** In the order in which they are listed. */
  tools: Tool[];
  /** The built page of the view. */
  viewFile: string;
  /** Aborted when the client is leaving: calls stop waiting and answer by what they know. */
  closing: AbortSignal;
  log: Pick<Log, 'bug' | 'warn' | 'debug'>;
}

/** What the SDK gives to a handler besides the request. */
export type Context = RequestHandlerExtra<Request, Notification>;

/** The capability that both eras announce. */
export const UI_EXTENSION = { 'io.modelcontextprotocol/ui': {} };

/** What both eras do. Params are as the client sent them; those that cannot be used are a {@link ProtocolError}. */
export class Features {
  constructor(readonly options: ServerOptions) {}

  listTools(): Result {
    return { tools: this.options.tools.map(({ listing }) => listing) };
  }

  listResources(): Result {
    return { resources: [VIEW_RESOURCE] };
  }

  listResourceTemplates(): Result {
    return { resourceTemplates: [] };
  }

  /** @param unknownCode the code of the error if the URI is no resource of this server, which differs between the eras */
  async readResource({ uri }: JsonObject, unknownCode: number): Promise<Result> {
    if (uri === VIEW_RESOURCE.uri) return readView(this.options.viewFile);
    const what = `params.uri names no resource; there is only ${VIEW_RESOURCE.uri}.`;
    throw new ProtocolError(unknownCode, what, { uri });
  }

  /**
   * Calls a tool. Arguments that it refuses are a result, because the model can mend them.
   * @param tasks present if the client takes a protocol task for an answer
   */
  async callTool(params: JsonObject, context: Context, tasks?: ProtocolTasks): Promise<Result> {
    const { tools, log } = this.options;
    const name = stringOf(params.name);
    const tool = tools.find(({ listing }) => listing.name === name);
    if (!tool) {
      const known = tools.map(({ listing }) => listing.name).join(' and ');
      const what = `There is no tool "${cleanLine(name, 40)}": this server only looks up Kling tasks, with ${known}.`;
      throw invalidParams(what);
    }
    try {
      const call = tool.begin(params.arguments);
      const task = await tasks?.start(tool, call, context.signal);
      return task ?? (await call.run(context.signal, progressOf(context)));
    } catch (error) {
      if (!(error instanceof KlingError)) throw error;
      log.warn(`refused arguments of ${name}: ${error.message}`);
      return toErrorResult(error);
    }
  }
}

/** Sends progress to the client, if it asked for that. */
function progressOf({ _meta, sendNotification }: Context): NotifyProgress | undefined {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return (progress) => {
    const notification = { method: 'notifications/progress', params: { progressToken, ...progress } };
    // Not in the same instant as the answer: on reading both at once, some clients have forgotten the token already.
    setImmediate(() => sendNotification(notification));
  };
}
