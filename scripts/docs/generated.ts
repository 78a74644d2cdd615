import { readFile } from 'node:fs/promises';
import { bundleManifest, serverJson } from './manifests.js';
import { renderReadme } from './readme.js';
import { toolDocs } from './tools.js';

/** Every file that is made from the code and package.json, wholly or in part: its path in the project, and its text. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const tools = await toolDocs();
  const listings = tools.map(({ listing }) => listing);
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ['README.md', renderReadme(await readFile('README.md', 'utf8'), tools)],
    ['packaging/server.json', json(serverJson())],
    ['packaging/manifest.json', json(bundleManifest(listings))],
  ]);
}
