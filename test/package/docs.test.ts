import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { generatedFiles } from '../../scripts/docs/generated.js';
import { DEFAULTS, readConfig, TOKEN_PLACEHOLDER, VARIABLES } from '../../src/config/config.js';
import { Session } from '../support/server-process.js';

const README = readFileSync('README.md', 'utf8');

describe('documentation', () => {
  test('what is made from the code is up to date: if not, npm run docs', async () => {
    for (const [path, text] of await generatedFiles()) expect(readFileSync(path, 'utf8'), path).toBe(text);
  });

  test('the README describes exactly the tools that the server lists, in the words of the server', async () => {
    const session = await Session.start();
    const { tools } = await session.client.listTools();
    await session.close();
    expect([...README.matchAll(/^### `(.+)`$/gm)].map(([, name]) => name)).toEqual(tools.map(({ name }) => name));
    for (const { description } of tools) expect(README).toContain(description);
  });

  test('no version other than the current one stands in the README', () => {
    const versions = [...README.matchAll(/kling-tasks-mcp (\d+\.\d+\.\d+)/g)].map(([, version]) => version);
    expect(new Set(versions)).toEqual(new Set([packageJson.version]));
  });

  test('the changelog has an entry for the current version', () => {
    expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`\n## ${packageJson.version} `);
  });

  test('every install section starts the package by its name, with the token in its environment', () => {
    const install = README.slice(README.indexOf('## Install'), README.indexOf('## Tools'));
    const sections = install.split('<details').slice(1);
    const clients = [
      'Claude Desktop',
      'Claude Code',
      'Cursor',
      'VS Code',
      'Gemini CLI',
      'Codex',
      'MCP Inspector',
      'Windows',
    ];
    expect(sections.map((section) => /<b>(.+)<\/b>/.exec(section)?.[1])).toEqual(clients);
    for (const section of sections) {
      expect(section).toMatch(
        /npx("?,?) "?-y("?,?) "?kling-tasks-mcp|"npx",\n?\s*"args": \["-y", "kling-tasks-mcp"\]|command = "npx"\nargs = \["-y", "kling-tasks-mcp"\]/,
      );
      expect(section).toContain('ACEDATACLOUD_API_TOKEN');
    }
  });

  test('every JSON block of the README is valid', () => {
    const blocks = [...README.matchAll(/```json\n(.+?)```/gs)].map(([, block]) => block ?? '');
    expect(blocks.length).toBeGreaterThan(5);
    for (const block of blocks) JSON.parse(block);
  });

  test('every npm script, link and file that the documents name exists', () => {
    for (const document of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md']) {
      const text = readFileSync(document, 'utf8');
      for (const [, script] of text.matchAll(/npm run ([\w:-]+)/g))
        expect(packageJson.scripts).toHaveProperty([script ?? '']);
      for (const [, path] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) expect(existsSync(path ?? ''), path).toBe(true);
      for (const [, path] of text.matchAll(/`((?:src|test|scripts|packaging|\.github|\.ci)\/[\w./-]*)`/g)) {
        expect(existsSync(path ?? ''), path).toBe(true);
      }
    }
  });

  test('the README links lead to headings that exist', () => {
    const anchors = [...README.matchAll(/^## (.+)$/gm)].map(
      ([, title]) => `#${title?.toLowerCase().replaceAll(' ', '-')}`,
    );
    const links = [...README.matchAll(/\]\((#[^)]+)\)/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(anchors).toContain(link);
  });

  test('the public address is nowhere repeated by hand', () => {
    for (const document of ['README.md', 'CHANGELOG.md', 'SECURITY.md', '.github/workflows/release.yml']) {
      expect(readFileSync(document, 'utf8'), document).not.toMatch(/github\.com\/OWNER|io\.github\./);
    }
  });
});

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');

  test('names every variable, the optional ones commented out with their defaults', () => {
    const all = parse(text.replace(/^# (?=[A-Z_]+=)/gm, ''));
    expect(Object.keys(all)).toEqual([...VARIABLES]);
    expect(all).toEqual({
      ACEDATACLOUD_API_TOKEN: TOKEN_PLACEHOLDER,
      ACEDATACLOUD_API_BASE_URL: DEFAULTS.baseUrl,
      KLING_REQUEST_TIMEOUT: String(DEFAULTS.requestTimeoutSeconds),
      KLING_MAX_WAIT: String(DEFAULTS.maxWaitSeconds),
      LOG_LEVEL: DEFAULTS.logLevel,
    });
  });

  test('copied as it is, it counts as no token', () => {
    expect(readConfig({}, text)).toMatchObject({ connection: undefined, secret: undefined });
  });
});
