import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Log } from '../log.js';
import { type Context, Features, type ServerOptions, UI_EXTENSION } from './features.js';
import { ProtocolError } from './message.js';
import { createModern } from './modern.js';

/** MCP's code for an unknown resource, up to 2025-11-25. */
const RESOURCE_NOT_FOUND = -32002;

/**
 * The MCP server, to be connected to a `StdioTransport`. It is `Server` rather than `McpServer`, whose published schemas carry
 * what some clients choke on, whose refusals are zod's dumps, and which announces changes of lists that never change. The
 * SDK's second version, which knows 2026-07-28, holds a connection to one era and leaves malformed messages unanswered.
 */
export function createServer(options: ServerOptions): Server {
  const { info, instructions, log } = options;
  const capabilities = { tools: {}, resources: {}, extensions: UI_EXTENSION };
  const server = new Server(info, { capabilities, instructions });
  const features = new Features(options);
  const safe = <Request, Answer>(handler: Handler<Request, Answer>) => withBugsLogged(handler, log);

  server.setRequestHandler(ListToolsRequestSchema, () => features.listTools());
  server.setRequestHandler(ListResourcesRequestSchema, () => features.listResources());
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => features.listResourceTemplates());
  server.setRequestHandler(
    CallToolRequestSchema,
    safe(({ params }, context) => features.callTool(params, context)),
  );
  server.setRequestHandler(
    ReadResourceRequestSchema,
    safe(({ params }) => features.readResource(params, RESOURCE_NOT_FOUND)),
  );
  // Requests of 2026-07-28, which the SDK does not know: the transport gives them names that have no handler.
  server.fallbackRequestHandler = safe(createModern(options, features));
  return server;
}

type Handler<Request, Answer> = (request: Request, context: Context) => Answer | Promise<Answer>;

/** The SDK sends the message of any error to the client; that of a bug goes to the log instead. */
function withBugsLogged<Request, Answer>(handler: Handler<Request, Answer>, log: Pick<Log, 'bug'>) {
  return async (request: Request, context: Context): Promise<Answer> => {
    try {
      return await handler(request, context);
    } catch (error) {
      if (error instanceof ProtocolError || context.signal.aborted) throw error;
      log.bug(error);
      throw new ProtocolError(ErrorCode.InternalError, 'The server failed: see its log.');
    }
  };
}
