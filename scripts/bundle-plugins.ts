import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Matches the path of a module in node_modules, on Windows too. */
function filterOf(module: string): RegExp {
  return new RegExp(`[\\\\/]${module.replaceAll('.', '\\.').replaceAll('/', '[\\\\/]')}$`);
}

const NOT_BUNDLED = "throw new Error('not bundled');";

/** Modules that this server can never use, and what stands in their place. */
const UNUSED: [module: string, stub: string][] = [
  // 264 KB of translations that the namespace export of zod drags in.
  ['zod/v4/locales/index.js', 'export {};'],
  // The SDK accepts schemas of zod 3 too; this server has none.
  ['zod/v3/index.js', 'export {};'],
  ['zod-to-json-schema/dist/esm/index.js', 'export const zodToJsonSchema = undefined;'],
  // Validates what a client answers to an elicitation; this server asks for nothing.
  ['sdk/dist/esm/validation/ajv-provider.js', 'export class AjvJsonSchemaValidator {}'],
  // Made only when somebody reads `server.experimental`.
  ['sdk/dist/esm/experimental/tasks/server.js', 'export class ExperimentalServerTasks {}'],
  // undici offers HTTP/2 only with `allowH2`, and builds a fetch body only for FormData; bodies here are strings.
  ['undici/lib/dispatcher/client-h2.js', `module.exports = () => { ${NOT_BUNDLED} };`],
  ['undici/lib/web/fetch/body.js', `exports.extractBody = () => { ${NOT_BUNDLED} };`],
  // undici's index evaluates fetch, WebSocket, mocks, caches and more. This is the part of it that makes dispatchers.
  [
    'undici/index.js',
    // A proxy is reached with CONNECT.
    `const request = require('./lib/api/api-request');
    const connect = require('./lib/api/api-connect');
    Object.assign(require('./lib/dispatcher/dispatcher').prototype, { request, connect });
    exports.Agent = require('./lib/dispatcher/agent');
    exports.ProxyAgent = require('./lib/dispatcher/proxy-agent');`,
  ],
];

/** Replaces the unused modules. Fails the build if one of them no longer occurs, since a new version has moved it. */
export const dropUnused: Plugin = {
  name: 'drop-unused',
  setup({ onLoad, onEnd }) {
    const dropped = new Set<string>();
    for (const [module, contents] of UNUSED) {
      onLoad({ filter: filterOf(module) }, () => {
        dropped.add(module);
        return { contents, loader: 'js' };
      });
    }
    onEnd(() => {
      const missed = UNUSED.map(([module]) => module).filter((module) => !dropped.has(module));
      return {
        errors: missed.map((module) => ({ text: `No ${module} was met: see UNUSED in scripts/bundle-plugins.ts.` })),
      };
    });
  },
};

/** A top-level constant up to the semicolon before the next statement: only a statement starts in the first column. */
const CONSTANT = /^((?:export )?const \w+ = )(.*(?:\n(?![a-zA-Z/(]).*)*);$/gm;

/**
 * The SDK builds schemas for the whole protocol when it is loaded. Marked as pure, the calls whose results nobody uses are
 * dropped by the bundler. Fails the build if the SDK's file does not look as expected.
 */
export const dropUnusedSchemas: Plugin = {
  name: 'drop-unused-schemas',
  setup({ onLoad, onEnd }) {
    let done = false;
    onLoad({ filter: filterOf('sdk/dist/esm/types.js') }, async ({ path }) => {
      done = true;
      const text = await readFile(path, 'utf8');
      const wrapped = text.match(CONSTANT)?.length ?? 0;
      const constants = text.match(/^(export )?const /gm)?.length ?? 0;
      if (wrapped < 100 || wrapped !== constants) {
        return { errors: [{ text: `${wrapped} of ${constants} top-level constants were recognised in ${path}.` }] };
      }
      return { contents: text.replace(CONSTANT, '$1/* @__PURE__ */ (() => $2)();'), loader: 'js' };
    });
    onEnd(() => (done ? {} : { errors: [{ text: "The SDK's types.js is not where it was." }] }));
  },
};

/** Keeps of package.json what the server says about itself; the rest is for npm and for development. */
export const trimManifest: Plugin = {
  name: 'trim-manifest',
  setup({ onLoad }) {
    onLoad({ filter: filterOf('package.json') }, async ({ path }) => {
      const { name, version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};
