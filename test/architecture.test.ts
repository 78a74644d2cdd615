import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'));

const textOf = (file: string) => readFileSync(`${SRC}/${file}`, 'utf8');

/** What may be imported of src, by file or folder: it runs downwards only. A new file has to be given its place. */
const MAY_IMPORT: Record<string, string[]> = {
  'index.ts': ['main.ts'],
  'main.ts': ['check.ts', 'config/', 'shutdown.ts', 'log.ts', 'service.ts', 'mcp/', 'tools/'],
  'service.ts': ['config/', 'log.ts', 'tools/', 'kling/', 'kling/api/'],
  'check.ts': ['config/', 'kling/api/', 'text/'],
  'config/': ['config/', 'limits.ts', 'log.ts', 'kling/api/', 'text/'],
  'shutdown.ts': ['log.ts', 'mcp/'],
  'log.ts': ['text/'],
  'mcp/': ['mcp/', 'log.ts', 'tools/', 'kling/', 'kling/api/', 'text/'],
  'tools/': ['tools/', 'kling/', 'kling/api/', 'kling/task/', 'text/'],
  // Runs in the host's frame: it shares two readers of JSON and a few numbers with the server.
  'view/': ['view/', 'text/json.ts', 'limits.ts'],
  'kling/': ['kling/', 'kling/api/', 'kling/task/', 'text/'],
  'kling/api/': ['kling/api/', 'text/'],
  'kling/task/': ['kling/task/', 'limits.ts', 'text/'],
  'text/': ['text/'],
  'limits.ts': [],
};

/** Who may import what stands outside; whatever else is imported must be of Node. */
const OUTSIDE: [pattern: RegExp, allowed: RegExp][] = [
  [/^undici$/, /^kling\/api\/undici\.ts$/],
  [/^dotenv$/, /^config\/dotenv\.ts$/],
  // Loaded only for a client that needs it; types may be named elsewhere.
  [/^@modelcontextprotocol\/sdk\//, /^mcp\/session\.ts$/],
  [/^zod(?:\/v4\/core)?$/, /^tools\//],
  [/^\.\.\/package\.json$/, /^main\.ts$/],
];

/** Code without its comments and what stands in strings, regular expressions included. */
function codeOf(file: string): string {
  const noise =
    /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[(,=:[!&|?{};>]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/g;
  return textOf(file).replace(noise, (match) => (/^['"`]/.test(match) ? "''" : ' '));
}

interface Import {
  from: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const pattern = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...textOf(file).matchAll(pattern)].map(([, type, named, dynamic]) => ({
    from: named ?? dynamic ?? '',
    typeOnly: type !== undefined,
  }));
}

/** The file of src that an import means; undefined for one from outside. */
function fileOf(importer: string, { from }: Import): string | undefined {
  if (!from.startsWith('.')) return undefined;
  const file = posix.join(posix.dirname(importer), from).replace(/\.js$/, '.ts');
  return file.startsWith('..') ? undefined : file;
}

const importedBy = (file: string) => importsOf(file).flatMap((each) => fileOf(file, each) ?? []);
const folderOf = (file: string) => (file.includes('/') ? file.replace(/[^/]+$/, '') : file);

describe.each(FILES)('%s', (file) => {
  test('imports only what stands below it', () => {
    const allowed = MAY_IMPORT[folderOf(file)];
    expect(allowed, 'has no place yet').toBeDefined();
    for (const imported of importedBy(file)) {
      expect(FILES).toContain(imported);
      expect(allowed?.includes(imported) || allowed?.includes(folderOf(imported)), `${file} imports ${imported}`).toBe(
        true,
      );
    }
  });

  test('imports from outside only what is its own to know', () => {
    const outside = importsOf(file).filter(
      (each) => fileOf(file, each) === undefined && !each.from.startsWith('node:'),
    );
    for (const { from, typeOnly } of outside) {
      // Its types may be named beside the connections; its code is loaded behind the first answer.
      if (from.startsWith('@modelcontextprotocol/sdk/') && typeOnly && /^tools\//.test(file)) continue;
      if (from === 'undici' && typeOnly && /^kling\/api\/(pool|client)\.ts$/.test(file)) continue;
      const rule = OUTSIDE.find(([pattern]) => pattern.test(from));
      expect(rule, `nobody may import ${from}`).toBeDefined();
      expect(file, `imports ${from}`).toMatch(rule?.[1] ?? /$^/);
    }
  });

  test('touches the process only where that is its task', () => {
    const own = ['index.ts', 'main.ts', 'mcp/stdio.ts', 'shutdown.ts', 'log.ts'];
    if (!own.includes(file)) expect(codeOf(file)).not.toMatch(/\bprocess\b(?!:)/);
  });

  test('is short enough to be read in one go, at most 200 lines', () => {
    expect(textOf(file).trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  });

  test('has neither any nor casts', () => {
    const code = codeOf(file).replace(/^import\s[^;]*;|^export\s*\{[^;]*;/gm, '');
    expect(code).not.toMatch(/\bany\b/);
    expect(code.match(/\bas\s+(?!const\b).*/g)).toBeNull();
    expect(textOf(file)).not.toContain('@ts-');
  });
});

test('no circle of imports', () => {
  /** Those that can be reached from a file. */
  const reached = (file: string, seen = new Set<string>()): Set<string> => {
    for (const next of importedBy(file)) {
      if (seen.has(next)) continue;
      seen.add(next);
      reached(next, seen);
    }
    return seen;
  };
  expect(FILES.filter((file) => reached(file).has(file))).toEqual([]);
});

test('the imports are found at all', () => {
  expect(importedBy('service.ts')).toContain('tools/get-task.ts');
  expect(importedBy('main.ts')).toContain('mcp/session.ts');
  expect(importedBy('kling/api/pool.ts')).toContain('kling/api/undici.ts');
  expect(importsOf('kling/api/pool.ts')).toContainEqual({ from: 'undici', typeOnly: true });
  expect(importsOf('config/dotenv.ts').map(({ from }) => from)).toContain('dotenv');
  expect(codeOf('main.ts')).toContain('process.stdin');
});
