import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Json } from './records.js';

/** A request that the fake API received. */
export interface RecordedRequest {
  /** performance.now() at its arrival. */
  atMs: number;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Json;
}

/** Answers one request in place of the API. */
export type Handler = (request: RecordedRequest, response: ServerResponse, raw: IncomingMessage) => void;

/** A record, or a function that makes one, for a task that changes over time. */
export type TaskSource = Json | (() => Json);

export const TOKEN = 'fake-api-token-4f9c1e7ab2d84f0c';

/** Answers with JSON, or with the given text unchanged. */
export function reply(status: number, body: unknown, headers: Record<string, string> = {}): Handler {
  const content = typeof body === 'string' ? body : JSON.stringify(body);
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(content);
  };
}

/** An error as the endpoint sends it. */
export function errorReply(status: number, code: string, message = `about ${code}`): Handler {
  return reply(status, { success: false, error: { code, message }, trace_id: 'trace-of-error' });
}

/** The Kling tasks endpoint on loopback: it serves the tasks that it was given, and produces faults on demand. */
export class FakeApi {
  readonly requests: RecordedRequest[] = [];
  /** Each takes one request, in order, before the ordinary answer is given. */
  readonly faults: Handler[] = [];
  /** Takes every request for which there is no fault, while it is set. */
  always: Handler | undefined;
  /** The open connections. */
  readonly sockets = new Set<Socket>();
  readonly #tasks = new Map<string, TaskSource>();
  #port = 0;
  #onRequest: (() => void)[] = [];

  private constructor(readonly server: Server) {
    server.on('request', (request, response) => this.#receive(request, response));
    server.on('connection', (socket) => {
      this.sockets.add(socket.on('close', () => this.sockets.delete(socket)));
    });
  }

  static async start(
    tasks: TaskSource[] = [],
    server: Server = createServer({ keepAliveTimeout: 60_000 }),
    port = 0,
  ): Promise<FakeApi> {
    const fakeApi = new FakeApi(server);
    for (const task of tasks) fakeApi.add(task);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    fakeApi.#port = (server.address() as AddressInfo).port;
    return fakeApi;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** @param id the id of the task, where the record must not be made before it is asked for */
  add(task: TaskSource, id = String((typeof task === 'function' ? task() : task).id)): void {
    this.#tasks.set(id.toLowerCase(), task);
  }

  /** Keeps every request waiting until the returned function is called. */
  hold(): () => void {
    const held: (() => void)[] = [];
    this.always = (...args) => {
      held.push(() => this.answer(...args));
    };
    return () => {
      this.always = undefined;
      for (const answer of held) answer();
    };
  }

  /** Resolves once the given number of requests has arrived in all. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#onRequest.push(resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async #receive(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const atMs = performance.now();
    let body: Json;
    try {
      body = JSON.parse(await text(raw));
    } catch {
      body = {};
    }
    const request = { atMs, method: raw.method ?? '', path: raw.url ?? '', headers: raw.headers, body };
    this.requests.push(request);
    for (const resolve of this.#onRequest.splice(0)) resolve();
    const handler = this.faults.shift() ?? this.always ?? ((...args) => this.answer(...args));
    handler(request, response, raw);
  }

  /** The ordinary answer. */
  answer: Handler = (request, response, raw) => {
    const handler = this.#handlerFor(request);
    handler(request, response, raw);
  };

  #handlerFor({ method, path, headers, body }: RecordedRequest): Handler {
    if (method !== 'POST' || path !== '/kling/tasks') return errorReply(404, 'no_api');
    if (headers.authorization === undefined) return errorReply(401, 'authorization_missing');
    if (headers.authorization !== `Bearer ${TOKEN}`) return errorReply(401, 'invalid_token');
    if (body.action === 'retrieve' && typeof body.id === 'string') return reply(200, this.#find(body.id) ?? {});
    if (body.action === 'retrieve_batch' && Array.isArray(body.ids)) {
      // The API does not guarantee the order, so it is reversed here.
      const items = body.ids.flatMap((id) => this.#find(String(id)) ?? []).reverse();
      return reply(200, { items, count: items.length });
    }
    return errorReply(400, 'bad_request');
  }

  #find(id: string): Json | undefined {
    const task = this.#tasks.get(id.toLowerCase());
    return typeof task === 'function' ? task() : task;
  }
}
