import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { generatedFiles } from '../../scripts/docs/generated.js';
import { ENTRY_NAME, STANDARD_ENTRY } from '../../scripts/docs/install.js';
import { ENTRY } from '../support/server-process.js';

const read = (path: string) => readFileSync(path, 'utf8');
const README = read('README.md');
const TROUBLESHOOTING = read('docs/troubleshooting.md');
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs/tools.md',
  'docs/troubleshooting.md',
  'bench/README.md',
  'test/README.md',
];

const jsonBlocks = (text: string) =>
  [...text.matchAll(/```json\n(.+?)```/gs)].map(([, block]) => JSON.parse(block ?? ''));

/** The anchors that GitHub gives to the headings of a document. */
function anchorsOf(document: string): string[] {
  const headings = read(document)
    .toLowerCase()
    .matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(([, heading = '']) => heading.replace(/[^\w\- ]/g, '').replaceAll(' ', '-'));
}

describe('documentation', () => {
  test('what is generated from the code is up to date; if it is not, run npm run docs', async () => {
    for (const [path, text] of await generatedFiles()) expect(read(path), path).toBe(text);
  });

  test('docs/tools.md describes every parameter and every field of a result', () => {
    const rows = read('docs/tools.md')
      .split('\n')
      .filter((line) => /^\| `/.test(line));
    expect(rows.length).toBeGreaterThan(40);
    for (const row of rows) for (const cell of row.split(' | ')) expect(cell.replace(/[| ]/g, ''), row).not.toBe('');
  });

  test('a quoted command prints what the document says', () => {
    const quoted = [...TROUBLESHOOTING.matchAll(/^```text\n\$ node dist\/index\.js (.*)\n([\s\S]*?)^```/gm)];
    expect(quoted.length).toBeGreaterThan(0);
    for (const [, options = '', output = ''] of quoted) {
      // Away from the .env of whoever runs the tests.
      const surroundings = { encoding: 'utf8', env: getDefaultEnvironment(), cwd: tmpdir() } as const;
      const { stdout } = spawnSync(process.execPath, [ENTRY, ...options.split(' ')], surroundings);
      const withoutPlatform = (text: string) => text.replace(/Node \S+ on \w+/, '');
      expect(withoutPlatform(stdout)).toBe(withoutPlatform(output));
    }
  });

  test('the changelog has an entry for the current version', () => {
    expect(read('CHANGELOG.md')).toContain(`\n## ${packageJson.version} `);
  });

  test('the documents say that the package is not yet on npm as long as its address is undecided, and no longer', () => {
    const isUndecided = packageJson.mcpName.includes('OWNER');
    for (const text of [README, TROUBLESHOOTING]) expect(text.includes('not yet on npm')).toBe(isUndecided);
  });

  test('every npm script, link, picture and file that the documents name exists', () => {
    for (const document of DOCUMENTS) {
      const text = read(document);
      for (const [, script] of text.matchAll(/npm run ([\w:-]+)/g))
        expect(packageJson.scripts).toHaveProperty([script ?? '']);
      for (const [, link = ''] of text.matchAll(/(?:\]\(|(?:src|srcset)=")(?!https?:|vscode:)([^)#"]*)/g)) {
        // The releases page stands beside the files, two levels above the README as GitHub and npm show it.
        if (link !== '../../releases')
          expect(existsSync(join(dirname(document), link)), `${document}: ${link}`).toBe(true);
      }
      for (const [, path = ''] of text.matchAll(/`((?:src|test|scripts|docs|bench|\.github|\.ci)\/[\w./-]*)`/g)) {
        expect(existsSync(path), `${document}: ${path}`).toBe(true);
      }
    }
  });

  test('every link to a heading leads to one that exists', () => {
    let links = 0;
    for (const document of DOCUMENTS) {
      for (const [, path = '', anchor = ''] of read(document).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)) {
        const target = path === '' ? document : join(dirname(document), path);
        expect(anchorsOf(target), `${document}: ${path}#${anchor}`).toContain(anchor);
        links++;
      }
    }
    expect(links).toBeGreaterThan(10);
  });
});

describe('installation, as the README describes it', () => {
  const [fromSource, standard, ...others] = jsonBlocks(README);

  test('every command adds the entry by its name, with the token in its environment', () => {
    const commands = [...README.matchAll(/^(?:.*`)?([a-z]+ mcp add [^`\n]+)/gm)].map(([, command]) => command);
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) {
      expect(command).toMatch(
        /(-- npx -y kling-tasks-mcp|npx -- -y kling-tasks-mcp|-- node "\$PWD\/dist\/index\.js")$/,
      );
      expect(command).toContain(` ${ENTRY_NAME} `);
      expect(command).toMatch(/(--env|-e) ACEDATACLOUD_API_TOKEN=your-token/);
    }
  });

  test('there are two configurations, from source and the standard one, which differ only in the command', () => {
    expect(others).toEqual([]);
    expect(standard).toEqual({ mcpServers: { [ENTRY_NAME]: STANDARD_ENTRY } });
    const { env, ...start } = fromSource.mcpServers[ENTRY_NAME];
    expect(env).toEqual(STANDARD_ENTRY.env);
    expect(start).toEqual({ command: 'node', args: ['/path/to/kling-tasks-mcp/dist/index.js'] });
  });

  test('the buttons carry the standard entry', () => {
    const base64 = [...README.matchAll(/[?&]config=([\w%]+)/g)].map(([, config]) => decodeURIComponent(config ?? ''));
    expect(base64).toHaveLength(2);
    for (const config of base64) {
      expect(JSON.parse(Buffer.from(config, 'base64').toString())).toEqual(STANDARD_ENTRY);
    }
    const [, redirect = ''] = /redirect\?url=([^)]+)\)/.exec(README) ?? [];
    const [scheme, query = ''] = decodeURIComponent(redirect).split('?');
    expect(scheme).toBe('vscode:mcp/install');
    const { name, inputs, command, args, env } = JSON.parse(decodeURIComponent(query));
    expect({ name, command, args }).toEqual({ name: ENTRY_NAME, command: 'npx', args: STANDARD_ENTRY.args });
    expect(env).toEqual({ ACEDATACLOUD_API_TOKEN: `\${input:${inputs[0].id}}` });
    expect(inputs[0]).toMatchObject({ type: 'promptString', password: true });
  });
});
