import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ErrorCode, type JSONRPCRequest, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { cleanLine } from '../kling/text/clean.js';
import { textsFor } from '../tools/texts.js';
import type { Backend } from '../tools/tool.js';
import { createTools } from '../tools/tools.js';

export interface ServerOptions {
  name: string;
  title: string;
  version: string;
  /** The largest wait_seconds offered to the model. */
  maxWaitSeconds: number;
  /** Aborts when the client is about to go: waiting ends, what is known is answered. */
  closing: AbortSignal;
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

/**
 * The MCP server with its two tools. It is built on the SDK's low-level Server, and takes `tools/call` through the
 * fallback handler: the ordinary ones answer bad arguments with a dump of zod's issues, and validate each message twice.
 */
export function createServer(backend: Backend, options: ServerOptions): Server {
  const { name, title, version, maxWaitSeconds, closing, onBug } = options;
  const tools = createTools({ backend, maxWaitSeconds, onBug });
  const byName = new Map(tools.map((tool) => [tool.listing.name, tool]));
  const list = { tools: tools.map(({ listing }) => listing) };

  const server = new ToolServer(
    { name, title, version },
    { capabilities: { tools: {} }, instructions: textsFor(maxWaitSeconds).instructions },
  );
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
    return tool.call(params?.arguments, { stop: { cancelled: signal, closing }, notifyProgress });
  };
  return server;
}
