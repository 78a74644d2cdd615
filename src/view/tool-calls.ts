import { request } from './connection.js';
import { idsIn, type JsonObject } from './json.js';
import { type Answer, readAnswer } from './task.js';

/** Longer than any wait and the lookup behind it, so that this ends only a call that the host has lost. */
const TIMEOUT_MS = 100_000;

/** What this page has asked about, since some hosts pass on the arguments and results of these calls too. */
export const ownQuestions = new Set<string>();

let previous: Promise<unknown> = Promise.resolve();

/**
 * Calls one of this server's tools through the host: one call after the other, and none while nobody can see the page.
 * A call that has begun is cancelled only at the end: a host that does not act on that would have two of them open.
 * @param signal calls it off before it begins; later, its answer is dropped
 * @throws Error where the host refuses or does not answer; the signal's reason where that aborts
 */
export async function callTool(name: string, args: JsonObject, signal?: AbortSignal): Promise<Answer> {
  const call = previous.then(seen).then(() => {
    signal?.throwIfAborted();
    ownQuestions.add(`${idsIn(args)}`);
    return request('tools/call', { name, arguments: args }, TIMEOUT_MS);
  });
  previous = call.catch(() => {});
  return readAnswer(await call, true);
}

/** Resolves as soon as the page is visible, and no other call is open or about to begin. */
export async function idle(): Promise<void> {
  const last = previous;
  await last.then(seen);
  if (last !== previous) await idle();
}

/** Resolves as soon as the page is visible. */
async function seen(): Promise<void> {
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
  }
}
