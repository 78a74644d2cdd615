import { type Answer, readAnswer } from './answer.js';
import { request } from './connection.js';
import { idsIn, type JsonObject } from './json.js';
import type { Question } from './shown.js';

/** Longer than any wait and the lookup behind it, so that this ends only a call that the host has lost. */
const TIMEOUT_MS = 100_000;

/** The ids that this page has asked for, and the last answer: some hosts pass both on to it like those of their own calls. */
const ownQuestions = new Set<string>();
let lastAnswer = '';

export const isOwnQuestion = (input: JsonObject) => ownQuestions.has(`${idsIn(input)}`);
export const isOwnAnswer = (result: JsonObject) => lastAnswer === keyOf(result);

const keyOf = ({ structuredContent, content }: JsonObject) => JSON.stringify(structuredContent ?? content);

let previous: Promise<unknown> = Promise.resolve();

/**
 * Calls one of this server's tools through the host: one call after the other, and none while nobody can see the page.
 * A call that has begun is cancelled only at the end: a host that does not act on that would have two of them open.
 * @param next the call to make, asked for when its turn has come; there may be none any more
 */
export function callTool(next: () => Question | undefined): Promise<Answer | undefined> {
  // Who made a call learns of its answer before the next call begins.
  const answer = previous.then(seen).then(() => ask(next()));
  previous = answer;
  return answer;
}

async function ask(question: Question | undefined): Promise<Answer | undefined> {
  if (!question) return undefined;
  ownQuestions.add(`${idsIn(question.arguments)}`);
  try {
    const result = await request('tools/call', { ...question }, TIMEOUT_MS);
    lastAnswer = keyOf(result);
    return readAnswer(result, true);
  } catch (error) {
    // Of a host that follows tasks of the protocol itself, but not for views.
    return { kind: /result type .?task/i.test(`${error}`) ? 'handle' : 'refused' };
  }
}

/** Resolves as soon as the page is visible. */
async function seen(): Promise<void> {
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
  }
}
