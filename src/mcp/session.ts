import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ErrorCode, type JSONRPCRequest, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { KlingError } from '../kling/api/error.js';
import { CancelledError } from '../kling/deadline.js';
import type { Lookup } from '../kling/lookup.js';
import { cleanLine } from '../kling/text/clean.js';
import { getTaskTool } from '../tools/get-task.js';
import { getTasksBatchTool } from '../tools/get-tasks-batch.js';
import { toErrorResult } from '../tools/result.js';

const INSTRUCTIONS =
  'Follows Kling video generations submitted through AceDataCloud by their task_id, for free. To see a generation through, ' +
  'call kling_get_task with the largest wait_seconds, again while the status is pending; then give the user video_url.';

export interface ServerOptions {
  name: string;
  title: string;
  version: string;
  /** The largest wait_seconds offered to the model. */
  maxWaitSeconds: number;
  /** Aborts when the client is about to go: waiting ends, what is known is answered. */
  closing: AbortSignal;
  /** The protocol version that was negotiated, once it was. */
  protocolVersion(): string | undefined;
  /** Told of an error that is a bug, not a fault of the API or the caller. */
  onBug(error: unknown): void;
}

/** An error by JSON-RPC's rules, in a sentence of ours; the SDK's own class prefixes it with the code a second time. */
class ProtocolError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** A call that asks to become a task is answered as any other, which MCP demands of a server without tasks. */
class ToolServer extends Server {
  protected override assertTaskHandlerCapability(): void {}
}

/** The first version that knows `resource_link`. Versions are dates, so they compare as text. */
const RESOURCE_LINK_VERSION = '2025-06-18';

/**
 * The MCP server with its two tools. It is built on the SDK's low-level Server, and takes `tools/call` through the
 * fallback handler: the ordinary ones answer bad arguments with a dump of zod's issues, and validate each message twice.
 */
export function createServer(lookup: Lookup, options: ServerOptions): Server {
  const { name, title, version, maxWaitSeconds, closing, protocolVersion, onBug } = options;
  const tools = [getTaskTool(lookup, maxWaitSeconds), getTasksBatchTool(lookup, maxWaitSeconds)];
  const byName = new Map(tools.map((tool) => [tool.listing.name, tool]));
  const list = { tools: tools.map(({ listing }) => listing) };

  const server = new ToolServer({ name, title, version }, { capabilities: { tools: {} }, instructions: INSTRUCTIONS });
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    if (params?.cursor) throw new ProtocolError(ErrorCode.InvalidParams, 'Unknown cursor: the list has one page.');
    return list;
  });

  function toolOf(params: JSONRPCRequest['params']) {
    const wanted = params?.name;
    if (typeof wanted !== 'string') throw new ProtocolError(ErrorCode.InvalidParams, 'params.name must be a string.');
    const tool = byName.get(wanted);
    if (tool) return tool;
    const names = [...byName.keys()].join(' and ');
    throw new ProtocolError(ErrorCode.InvalidParams, `There is no tool "${cleanLine(wanted, 80)}", only ${names}.`);
  }

  server.fallbackRequestHandler = async ({ method, params }, { signal, sendNotification }) => {
    if (method !== 'tools/call') throw new ProtocolError(ErrorCode.MethodNotFound, 'Method not found');
    const tool = toolOf(params);
    const progressToken = params?._meta?.progressToken;
    const notifyProgress =
      progressToken === undefined
        ? undefined
        : (progress: { progress: number; total: number; message: string }) => {
            sendNotification({ method: 'notifications/progress', params: { progressToken, ...progress } }).catch(onBug);
          };
    try {
      return await tool.call(params?.arguments, {
        stop: { cancelled: signal, closing },
        takesResourceLinks: () => (protocolVersion() ?? '') >= RESOURCE_LINK_VERSION,
        notifyProgress,
      });
    } catch (error) {
      if (!(error instanceof KlingError || error instanceof CancelledError)) onBug(error);
      return toErrorResult(error);
    }
  };
  return server;
}

/** A lookup that tells what is wrong with the configuration. */
export function unconfiguredLookup(faults: string[]): Lookup {
  const fail = async () => {
    throw new KlingError('configuration', faults.join(' '));
  };
  return { task: fail, tasks: fail };
}
