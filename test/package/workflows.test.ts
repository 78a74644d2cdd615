import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

const FOLDER = '.github/workflows';
const workflows = new Map(readdirSync(FOLDER).map((file) => [file, readFileSync(`${FOLDER}/${file}`, 'utf8')]));
const check = workflows.get('check.yml') ?? '';
const release = workflows.get('release.yml') ?? '';

describe('the workflows', () => {
  test('use each action at a commit, with its version beside it, and the same one everywhere', () => {
    const uses = [...workflows.values()].flatMap((text) => [...text.matchAll(/uses: (.*)/g)].map(([, use]) => use));
    expect(uses.length).toBeGreaterThan(5);
    for (const use of uses) expect(use).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const actions = new Set(uses.map((use) => use?.split('@')[0]));
    expect(new Set(uses).size).toBe(actions.size);
  });

  test('test on the oldest Node that the package admits, and on each line since', () => {
    const [, oldest] = /^>=(\d+\.\d+)\.0$/.exec(packageJson.engines.node) ?? [];
    const [, matrix = ''] = /node: \[(.*)\]/.exec(check) ?? [];
    expect(matrix.replaceAll("'", '').split(', ')).toEqual([oldest, '20', '22', '24', '26']);
  });

  test('have no right that they do not name, and publish only in a job that runs no client', () => {
    for (const text of workflows.values()) expect(text).toMatch(/^permissions:( \{\}\n|\n {2}contents: read\n)/m);
    const [verify = '', publish = ''] = release.split('\n  publish:\n');
    expect(verify).toContain('npm run clients');
    expect(verify).not.toContain(': write');
    expect(publish).toMatch(/^ {4}needs: verify$/m);
    expect(publish).not.toContain('npm run clients');
  });

  test("take the registry's publisher by version and checksum, and unpack it only when that is right", () => {
    expect(release).toMatch(/^ {2}MCP_PUBLISHER_VERSION: \d+\.\d+\.\d+$/m);
    expect(release).toMatch(/^ {2}MCP_PUBLISHER_SHA256: [0-9a-f]{64}$/m);
    expect(release).not.toContain('/latest/');
    expect(release.indexOf('sha256sum --check --strict')).toBeLessThan(release.indexOf('tar xzf "$archive"'));
    expect(release.indexOf('sha256sum --check --strict')).toBeGreaterThan(0);
  });
});
