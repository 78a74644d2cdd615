import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { npmArguments, npxArguments } from '../../scripts/npm.js';

afterEach(() => vi.unstubAllEnvs());

const version = () => execFileSync(process.execPath, npmArguments('--version'), { encoding: 'utf8' }).trim();

describe("npm's programs", () => {
  test('are run by Node, and are those that run this script', () => {
    const running = npmArguments()[0] ?? '';
    expect(version()).toMatch(/^\d+\.\d+\.\d+/);
    vi.stubEnv('npm_execpath', join(running, '..', 'npx-cli.js'));
    expect(npmArguments('pack', '--json')).toEqual([join(running, '..', 'npm-cli.js'), 'pack', '--json']);
  });

  test('are found beside Node where no npm runs this script, or another package manager does', () => {
    for (const execPath of [undefined, '/somewhere/pnpm.cjs']) {
      vi.stubEnv('npm_execpath', execPath);
      expect(version()).toMatch(/^\d+\.\d+\.\d+/);
    }
  });

  test('get a path with a space as one argument', () => {
    const [, ...args] = npxArguments('a-package@1.0.0', 'a-program', 'C:\\Program Files\\a file');
    expect(args).toEqual([
      'exec',
      '--yes',
      '--package=a-package@1.0.0',
      '--',
      'a-program',
      'C:\\Program Files\\a file',
    ]);
  });

  test('are never started by their name or through a shell, which would break on Windows', () => {
    const files = ['scripts', 'bench', 'test']
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
      .filter((file) => /\.(ts|mjs)$/.test(file) && !file.endsWith('npm.test.ts'));
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      expect(text, file).not.toMatch(/\bshell: (?!false)/);
      expect(text, file).not.toMatch(
        /\b(?:exec|execSync|execFile|execFileSync|spawn|spawnSync)\)?\(\s*['"`](?:npm|npx|\S*\.bin)\b/,
      );
    }
  });
});
