/**
 * The view in a small host on loopback, with every state to click through: `npm run preview`. The built server answers
 * its calls, with a fake API behind it: no token, no network.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { build } from 'esbuild';
import { MEDIA_DOMAINS } from '../src/mcp/view-resource.js';
import { FakeApi, TOKEN } from '../test/support/fake-api.js';
import { ENTRY } from '../test/support/server-process.js';
import { policyOf } from '../test/view/support/policy.js';
import { STATES, tasksFor } from './preview/states.js';

const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"><path fill="#2a6f97" d="M0 0h16v9H0z"/><circle cx="8" cy="5" r="2" fill="#f2cc8f"/></svg>';

const pageScript = async () => {
  const { outputFiles } = await build({
    entryPoints: ['scripts/preview/page.ts'],
    bundle: true,
    write: false,
    format: 'esm',
  });
  return outputFiles[0]?.text ?? '';
};

const client = new Client({ name: 'preview', version: '1.0.0' });
const [page, script, clip] = await Promise.all([
  readFile('scripts/preview/page.html', 'utf8'),
  pageScript(),
  readFile('test/view/support/clip.webm'),
]);

/** When a state was chosen. */
let chosenMs = Date.now();

const server = createServer(async (request, response) => {
  const send = (type: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    response.writeHead(200, { 'content-type': type, ...headers }).end(body);
  switch (new URL(request.url ?? '', url).pathname) {
    case '/':
      return send('text/html', page);
    case '/page.js':
      return send('text/javascript', script);
    case '/states':
      return send('application/json', JSON.stringify(STATES));
    case '/view':
      // Hosts would not let it load from here; the rest is the policy that they derive.
      return send('text/html', await readFile('dist/view.html'), {
        'content-security-policy': policyOf([...MEDIA_DOMAINS, url]),
      });
    case '/chosen':
      chosenMs = Date.now();
      return send('text/plain', '');
    case '/call':
      return send('application/json', JSON.stringify(await callTool(await text(request))));
    case '/clip.webm':
      return sendClip(request.headers.range, response);
    case '/picture.svg':
      return send('image/svg+xml', PICTURE);
    default:
      return response.writeHead(404).end();
  }
});
await new Promise<void>((resolve) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
const url = `http://127.0.0.1:${port}`;

const fakeApi = await FakeApi.start(tasksFor(url, () => chosenMs));
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [ENTRY],
    env: { ...getDefaultEnvironment(), ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: fakeApi.url },
  }),
);
console.log(`The view, with every state: ${url}/  (Ctrl+C ends it)`);

process.on('SIGINT', async () => {
  server.closeAllConnections();
  server.close();
  await client.close();
  await fakeApi.close();
});

async function callTool(body: string): Promise<unknown> {
  return client.callTool(JSON.parse(body), CallToolResultSchema, { timeout: 120_000 });
}

/** Browsers ask for media in ranges. */
function sendClip(range: string | undefined, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
  response
    .writeHead(range ? 206 : 200, {
      'content-type': 'video/webm',
      'accept-ranges': 'bytes',
      ...(range && { 'content-range': `bytes ${start}-${clip.length - 1}/${clip.length}` }),
    })
    .end(clip.subarray(start));
}
