import { readFile } from 'node:fs/promises';
import { liveTools } from './live-tools.js';
import { bundleManifest, serverJson } from './manifests.js';
import { renderReadme } from './readme.js';
import { renderToolsPage } from './tools-page.js';

/** Every file that is generated from the code, wholly or in part: its path in the project, and its text. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const tools = await liveTools();
  const listings = tools.map(({ listing }) => listing);
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ['README.md', renderReadme(await readFile('README.md', 'utf8'))],
    ['docs/tools.md', renderToolsPage(tools)],
    ['packaging/server.json', json(serverJson())],
    ['packaging/manifest.json', json(bundleManifest(listings))],
  ]);
}
