import { readFile } from 'node:fs/promises';
import { installButtons } from './install.js';
import { serverJson } from './manifests.js';
import { fillIn } from './markdown.js';
import { errorTable, liveTools, toolSection } from './tools.js';
import { configurationTable, envExample } from './variables.js';

/** Every file that is generated from the code, wholly or in part: its path in the project, and its text. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const tools = await liveTools();
  const fill = async (path: string, parts: Record<string, string>) => fillIn(await readFile(path, 'utf8'), parts);
  return new Map([
    ['README.md', await fill('README.md', { buttons: installButtons(), configuration: configurationTable() })],
    [
      'docs/tools.md',
      await fill('docs/tools.md', {
        ...Object.fromEntries(tools.map((tool) => [tool.listing.name, toolSection(tool)])),
        errors: errorTable(),
      }),
    ],
    ['.env.example', envExample()],
    ['server.json', `${JSON.stringify(serverJson(), null, 2)}\n`],
  ]);
}
