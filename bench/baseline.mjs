// The baseline: a script on the same pipes with prepared answers, and no SDK. The first argument is the file with the
// answers. With `undici` as the second one, it loads undici at the start and makes the lookups.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [answersFile, withUndici] = process.argv.slice(2);
const answers = JSON.parse(readFileSync(answersFile, 'utf8'));
const undici = withUndici === 'undici' ? await import('undici') : undefined;
const agent = undici && new undici.Agent({ connections: 64 });
const origin = process.env.ACEDATACLOUD_API_BASE_URL;
const authorization = `Bearer ${process.env.ACEDATACLOUD_API_TOKEN}`;

async function call({ arguments: { task_id: id } }) {
  const { body } = await agent.request({
    origin,
    path: '/kling/tasks',
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'retrieve', id }),
  });
  const structuredContent = { result: await body.json() };
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const result = answers[method] ?? (await call(params));
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
});
