import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { test as base, expect } from 'vitest';
import { Scheduler } from '../../src/kling/scheduler.js';
import { createServer } from '../../src/mcp/server.js';
import { StdioTransport } from '../../src/mcp/transport.js';
import { getTaskTool } from '../../src/tools/get-task.js';
import { getTasksBatchTool } from '../../src/tools/get-tasks-batch.js';
import { FakeLookups } from './fake-lookups.js';
import { Peer } from './peer.js';

/** The protocol with the real tools, but without a process and without HTTP: it reads and writes streams of this process. */
export class McpServer extends Peer {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  /** What was told to the log, with its level. */
  readonly log: string[] = [];
  readonly bugs: unknown[] = [];
  readonly closing = new AbortController();
  /** Resolves when the process would exit. */
  readonly closed: Promise<void>;

  /** @param viewFile the page of the view; another file will do */
  constructor(
    readonly lookups = new FakeLookups(),
    viewFile = fileURLToPath(import.meta.url),
  ) {
    super();
    const log = {
      bug: (error: unknown) => this.bugs.push(error),
      warn: (message: string) => this.log.push(`warn: ${message}`),
      debug: (message: string) => this.log.push(`debug: ${message}`),
    };
    const scheduler = new Scheduler(lookups, { closing: this.closing.signal, onBug: log.bug });
    const options = { scheduler, maxWaitSeconds: 50 };
    const server = createServer({
      info: { name: 'kling-tasks-mcp', title: 'Kling tasks', version: '0.0.0' },
      instructions: 'Use kling_get_task.',
      tools: [getTaskTool(options), getTasksBatchTool(options)],
      viewFile,
      closing: this.closing.signal,
      log,
    });
    this.closed = new Promise((resolve) => {
      server.onclose = resolve;
    });
    this.stdout.setEncoding('utf8').on('data', (chunk: string) => this.take(chunk));
    void server.connect(new StdioTransport(this.stdin, this.stdout, this.closing, log));
  }

  protected override writeRaw(text: string | Buffer): void {
    this.stdin.write(text);
  }

  override async close(): Promise<void> {
    this.stdin.end();
    await this.closed;
  }
}

/** A test with a server of its own, which has run into no bug at the end. */
export const test = base.extend<{ server: McpServer }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the pattern
  server: async ({}, use) => {
    const server = new McpServer();
    await use(server);
    await server.close();
    expect(server.bugs).toEqual([]);
  },
});
