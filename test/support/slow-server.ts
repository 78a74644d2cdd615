import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';

/** An HTTP server that answers `{}`; it stops accepting connections as soon as it listens, until its gate is opened. */
const SERVER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:http').createServer((_request, response) => response.end('{}'));
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData, 0, 0);
  });
`;

/** A server whose queue of connections is full, so that the system drops whoever connects, as a slow network would. */
export class SlowServer {
  private constructor(
    readonly port: number,
    readonly gate: Int32Array,
    readonly worker: Worker,
  ) {}

  static async start(): Promise<SlowServer> {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(SERVER, { eval: true, workerData: gate });
    const [port] = await once(worker, 'message');
    // A backlog of one holds two connections.
    for (let filler = 0; filler < 2; filler++)
      await once(
        connect(port, '127.0.0.1').on('error', () => {}),
        'connect',
      );
    return new SlowServer(port, gate, worker);
  }

  /** Accepts connections from now on; one that was dropped is tried again by the system after a second. */
  accept(): void {
    Atomics.store(this.gate, 0, 1);
    Atomics.notify(this.gate, 0);
  }

  async close(): Promise<void> {
    this.accept();
    await this.worker.terminate();
  }
}
