import { rm } from 'node:fs/promises';
import { build, type Plugin } from 'esbuild';

/** Modules that a server without v3 schemas, elicitation and translated messages can never use. */
const UNUSED: [module: RegExp, stub: string][] = [
  // 264 KB of translations that the namespace export of zod drags in.
  [/zod\/v4\/locales\/index\.js$/, 'export {};'],
  // The SDK accepts schemas of zod 3 too; this server has none.
  [/zod\/v3\/index\.js$/, 'export {};'],
  [/zod-to-json-schema\/.*index\.js$/, 'export const zodToJsonSchema = undefined;'],
  // Validates what a client answers to an elicitation; this server asks for nothing.
  [/sdk\/dist\/esm\/validation\/ajv-provider\.js$/, 'export class AjvJsonSchemaValidator {}'],
];

/** Replaces the unused modules, and fails the build when one of them is not met any more: a new version moved it. */
const dropUnused: Plugin = {
  name: 'drop-unused',
  setup({ onLoad, onEnd }) {
    const dropped = new Set<RegExp>();
    for (const [module, contents] of UNUSED) {
      onLoad({ filter: module }, () => {
        dropped.add(module);
        return { contents, loader: 'js' };
      });
    }
    onEnd(() => {
      const missed = UNUSED.map(([module]) => module).filter((module) => !dropped.has(module));
      return {
        errors: missed.map((module) => ({ text: `No module matches ${module}: see UNUSED in the build script.` })),
      };
    });
  },
};

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/index.ts'],
  outdir: 'dist',
  bundle: true,
  // A few files: what is imported dynamically stays out of the start.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  minify: true,
  // CommonJS dependencies call require for Node's own modules.
  banner: {
    js: `#!/usr/bin/env node\nimport{createRequire as createRequireHere}from'node:module';const require=createRequireHere(import.meta.url);`,
  },
  plugins: [dropUnused],
  logLevel: 'warning',
});
