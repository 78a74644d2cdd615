import type { Session, ToolResult } from './server-process.js';

/** Characters that hide text or control a terminal, other than newline and tab. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u;

/** Twenty links of 4 KB each, told in the structure and in the text, are the most there can be, and the request. */
const MAX_LINE = 300_000;

/** Calls kling_get_task and fails unless the result is safe to show: bounded, well-formed, with http(s) links only. */
export async function callSafely(session: Session, taskId: string): Promise<ToolResult> {
  const result = await session.call('kling_get_task', { task_id: taskId });
  const line = session.server.lines.at(-1) ?? '';
  if (line.length > MAX_LINE) throw new Error(`${line.length} characters went to the client`);
  for (const { key, text } of stringsIn(JSON.parse(line))) {
    if (!text.isWellFormed()) throw new Error(`not well-formed: ${JSON.stringify(text.slice(0, 200))}`);
    if (UNSAFE.test(text)) throw new Error(`unsafe characters: ${JSON.stringify(text.slice(0, 200))}`);
    if (/(^|_)ur[il]s?$/.test(key) && !/^https?:\/\//.test(text)) throw new Error(`a link to ${text.slice(0, 200)}`);
  }
  return result;
}

/** Every string of a JSON value with the key above it, the keys themselves, and the strings of the text block's JSON. */
function* stringsIn(value: unknown, key = ''): Generator<{ key: string; text: string }> {
  if (typeof value === 'string') {
    yield { key, text: value };
    if (key === 'text' && value.startsWith('{')) yield* stringsIn(JSON.parse(value));
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, child] of Object.entries(value)) {
      yield { key: '', text: name };
      yield* stringsIn(child, Array.isArray(value) ? key : name);
    }
  }
}
