import { request } from './connection.js';
import type { JsonObject } from './json.js';
import { type Answer, readAnswer } from './task.js';

/** Longer than any wait and the lookup behind it, so that this ends only a call that the host has lost. */
const TIMEOUT_MS = 100_000;

let previous: Promise<unknown> = Promise.resolve();

/**
 * Calls one of this server's tools through the host: one call after the other, and none while nobody can see the page.
 * @throws HostError where the host refuses or does not answer, or the signal aborts
 */
export async function callTool(name: string, args: JsonObject, signal: AbortSignal): Promise<Answer> {
  const call = previous.then(async () => {
    await seen(signal);
    return request('tools/call', { name, arguments: args }, signal, TIMEOUT_MS);
  });
  previous = call.catch(() => {});
  return readAnswer(await call, true);
}

/** Resolves as soon as the page is visible, or the signal aborts. */
export async function seen(signal: AbortSignal): Promise<void> {
  while (document.hidden && !signal.aborted) {
    await new Promise((resolve) => {
      document.addEventListener('visibilitychange', resolve, { once: true });
      signal.addEventListener('abort', resolve, { once: true });
    });
  }
}
