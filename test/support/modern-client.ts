import { Client, type JSONRPCMessage } from '@modelcontextprotocol/client';
import { createTaskSessionFromClient, type TaskEnabledSession } from '@modelcontextprotocol/ext-tasks/client';
import { request } from './protocol.js';
import type { Json } from './records.js';
import { ProcessTransport, type ServerOptions, ServerProcess } from './server-process.js';

/** Marks the ids of requests that the requester of tasks makes beside the client. */
const TASK_PREFIX = 'of-tasks-';

/** The official client of 2026-07-28, which falls back to nothing else, connected to a built server of its own. */
export class ModernClient {
  /** What the client found wrong, such as an answer that does not fit the specification. */
  readonly errors: Error[] = [];
  #lastId = 0;

  private constructor(
    readonly server: ServerProcess,
    readonly client: Client,
  ) {
    client.onerror = (error) => this.errors.push(error);
  }

  static async start(options: ServerOptions = {}): Promise<ModernClient> {
    const server = new ServerProcess(options);
    const client = new Client(
      { name: 'test', version: '1.0.0' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    const isForClient = ({ id }: Json) => !String(id).startsWith(TASK_PREFIX);
    await client.connect(new ProcessTransport<JSONRPCMessage>(server, isForClient));
    return new ModernClient(server, client);
  }

  /** The official requester of the tasks extension, which polls by itself. */
  withTasks(): TaskEnabledSession {
    return createTaskSessionFromClient(this.client, {
      endpointId: 'test',
      rawDispatch: async (message) => {
        const { method, params } = message as { method: string; params?: Json };
        const id = `${TASK_PREFIX}${++this.#lastId}`;
        return (await this.server.ask(request(id, method, params))) as never;
      },
      v2RequestFraming: {
        protocolVersion: '2026-07-28',
        clientInfo: { name: 'test', version: '1.0.0' },
        clientCapabilities: {},
      },
    });
  }

  /** Ends the server and checks what it wrote. */
  async close(): Promise<void> {
    await this.client.close();
    if (this.errors.length > 0) throw new AggregateError(this.errors, 'the client found faults');
  }
}
