import { Socket } from 'node:net';
import { KlingClient } from './kling/client.js';
import { createLookup } from './kling/lookup.js';
import { toResult } from './tools/result.js';

const ID = 'rehearsal';
const RECORD = JSON.stringify({
  id: ID,
  type: 'videos',
  trace_id: ID,
  user_id: ID,
  request: { action: 'text2video', prompt: 'A rehearsal' },
  response: { success: true, video_url: 'https://rehearsal.invalid/1.mp4', duration: '5.1', state: 'succeed' },
  created_at: 1740969535.333,
  finished_at: 1740969852.463,
});
const ANSWER = [
  'HTTP/1.1 200 OK',
  'content-type: application/json',
  `content-length: ${RECORD.length}`,
  'connection: close',
  '',
  RECORD,
].join('\r\n');

/** A connection to nowhere: it answers the first thing that is written with a record. */
class CannedConnection extends Socket {
  #answered = false;

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
    this.#answer();
  }

  override _writev(_chunks: unknown, done: () => void): void {
    done();
    this.#answer();
  }

  #answer(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.push(ANSWER);
  }
}

/**
 * Goes once through a lookup from the request to the result, with no network: what the first call needs is then loaded
 * and compiled. That takes longer than all the rest of the start.
 */
export async function rehearse(): Promise<void> {
  const client = new KlingClient({
    token: ID,
    baseUrl: new URL('http://rehearsal.invalid'),
    requestTimeoutMs: 1000,
    // Not at once: undici has to see a connection that takes a moment.
    connect: (_options, callback) => setImmediate(callback, null, new CannedConnection()),
  });
  const { signal } = new AbortController();
  const stop = { cancelled: signal, closing: signal };
  toResult(await createLookup(client).task(ID, { waitSeconds: 0, stop }));
}
