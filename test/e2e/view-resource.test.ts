import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { request, stateless } from '../support/protocol.js';
import type { Json } from '../support/records.js';
import { ENTRY, ServerProcess } from '../support/server-process.js';
import { RESOURCE_DOMAINS } from '../view/support/policy.js';

const URI = 'ui://kling-tasks/view.html';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kling-view-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function answerTo(message: Json, entry?: string): Promise<Json> {
  const server = new ServerProcess(entry === undefined ? {} : { entry });
  server.write(message);
  const answer = await server.answer(message.id);
  await server.close();
  return answer;
}

describe('The view as a resource', () => {
  test('is the built page, with what it may load, in both eras', async () => {
    const content = {
      uri: URI,
      mimeType: 'text/html;profile=mcp-app',
      text: readFileSync(join(dirname(ENTRY), 'view.html'), 'utf8'),
      _meta: {
        ui: {
          // What the tests of the view let it load.
          csp: { resourceDomains: RESOURCE_DOMAINS },
          prefersBorder: true,
        },
      },
    };
    const legacy = await answerTo(request(1, 'resources/read', { uri: URI }));
    expect(legacy.result).toEqual({ contents: [content] });
    const modern = await answerTo(stateless(1, 'resources/read', { uri: URI }));
    expect(modern.result).toMatchObject({ resultType: 'complete', ttlMs: expect.any(Number), contents: [content] });
  });

  test('is the one that both tools name', async () => {
    const { result } = await answerTo(request(1, 'tools/list'));
    for (const { _meta } of (result as { tools: Json[] }).tools) {
      expect(_meta).toEqual({ ui: { resourceUri: URI, visibility: ['model', 'app'] }, 'ui/resourceUri': URI });
    }
  });

  test('that is missing from the installation is an error that says so', async () => {
    cpSync(dirname(ENTRY), join(folder, 'dist'), { recursive: true });
    rmSync(join(folder, 'dist', 'view.html'));
    const { error } = await answerTo(request(1, 'resources/read', { uri: URI }), join(folder, 'dist', 'index.js'));
    expect(error).toMatchObject({ code: -32603, message: expect.stringContaining('install the package again') });
  });
});
