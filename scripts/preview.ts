/**
 * The view in a small host on loopback, with every state to click through: `npm run preview`. The built server answers
 * its calls, with a fake API behind it: no token, no network.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { build } from 'esbuild';
import { MEDIA_DOMAINS } from '../src/mcp/view-resource.js';
import { FakeApi } from '../test/support/fake-api.js';
import type { Json } from '../test/support/records.js';
import { Session } from '../test/support/server-process.js';
import { policyOf } from '../test/view/support/policy.js';
import { STATES, tasksFor } from './preview/states.js';

const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"><path fill="#2a6f97" d="M0 0h16v9H0z"/><circle cx="8" cy="5" r="2" fill="#f2cc8f"/></svg>';

const { outputFiles } = await build({
  entryPoints: ['scripts/preview/page.ts'],
  bundle: true,
  write: false,
  format: 'esm',
});
const FILES: Record<string, [type: string, body: string | Uint8Array]> = {
  '/': ['text/html', await readFile('scripts/preview/page.html')],
  '/page.js': ['text/javascript', outputFiles[0]?.contents ?? ''],
  '/states': ['application/json', JSON.stringify(STATES)],
  '/clip.webm': ['video/webm', await readFile('test/view/support/clip.webm')],
  '/picture.svg': ['image/svg+xml', PICTURE],
};

/** When a state was chosen. */
let chosenMs = Date.now();

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '', url);
  const [type, body] = FILES[pathname] ?? [];
  if (type) {
    response.writeHead(200, { 'content-type': type }).end(body);
  } else if (pathname === '/view') {
    // Hosts would not let it load from here; the rest is the policy that they derive.
    const policy = policyOf([...MEDIA_DOMAINS, url]);
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy });
    response.end(await readFile('dist/view.html'));
  } else if (pathname === '/chosen') {
    chosenMs = Date.now();
    response.end();
  } else if (pathname === '/call') {
    const params = (await json(request)) as { name: string; arguments: Json };
    response.end(JSON.stringify(await session.call(params.name, params.arguments, { timeout: 120_000 })));
  } else {
    response.writeHead(404).end();
  }
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const fakeApi = await FakeApi.start(tasksFor(url, () => chosenMs));
const session = await Session.start({ fakeApi });
console.log(`The view, with every state: ${url}/  (Ctrl+C ends it)`);

process.on('SIGINT', async () => {
  server.closeAllConnections();
  server.close();
  await session.close();
  await fakeApi.close();
});
