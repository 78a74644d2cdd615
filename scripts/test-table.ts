import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The describe blocks whose tests are named `case: what happens`, in the order of the table. */
const GROUPS = [
  'Upstream faults',
  'Hostile input on stdin',
  'Hostile strings',
  'Life and death',
  'Secrets',
  "A stranger's .env",
];

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = new URL('../test/README.md', import.meta.url);
const START = '<!-- table: written by `npm run test:table` -->\n';
const END = '<!-- end of table -->\n';

interface ListedTest {
  /** The describe blocks and the test, joined by ` > `. */
  name: string;
  file: string;
}

async function listTests(): Promise<ListedTest[]> {
  const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
  const args = [vitest, 'list', 'test/e2e', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout);
}

/** Sorted by case, so that a case's rows stand together wherever its tests do. */
function rowsOf(group: string, tests: ListedTest[]): string[] {
  return tests
    .filter(({ name }) => name.startsWith(`${group} > `))
    .map(({ name, file }) => {
      const title = name.split(' > ').slice(1).join(' > ');
      const colon = title.indexOf(': ');
      if (colon === -1)
        throw new Error(`"${title}" (${group}) does not say what happens: name it "case: what happens".`);
      const path = file.slice(ROOT.length + 'test/'.length);
      const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
      return `| ${cell(title.slice(0, colon))} | ${cell(title.slice(colon + 2))} | [${path.split('/').at(-1)}](${path}) |`;
    })
    .sort();
}

/** The README of the tests as it should be: the text as it stands, the table from the names of the tests. */
export async function expectedReadme(): Promise<string> {
  const tests = await listTests();
  const table = GROUPS.map((group) => {
    const rows = rowsOf(group, tests);
    return `### ${group}\n\n| case | outcome | test |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
  }).join('\n');
  const readme = await readFile(README, 'utf8');
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error('test/README.md lacks the marks between which the table stands.');
  return `${before}${START}\n${table}\n${END}${after}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(README, await expectedReadme());
