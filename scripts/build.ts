/** Builds what is published, `dist/`: the server, its view, and the licences of what is bundled with it. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeThirdPartyNotices } from '@rnx-kit/third-party-notices';
import { type BuildOptions, build } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };
import { bundleView } from './bundle-view.js';

const OUTDIR = 'dist';

const COMMON = {
  outdir: OUTDIR,
  bundle: true,
  platform: 'node',
  format: 'esm',
  minify: true,
  logLevel: 'warning',
} satisfies BuildOptions;

/** Stands in for packages that the SDK imports, but that are never called here. */
const NEVER_CALLED = './scripts/never-called.ts';

await rm(OUTDIR, { recursive: true, force: true });

// Any Node has to be able to read the entry, in order to be told that it is too old.
await build({
  ...COMMON,
  entryPoints: ['src/index.ts'],
  external: ['./main.js'],
  target: 'node14',
  define: { OLDEST_NODE: JSON.stringify(packageJson.engines.node.replace('>=', '')) },
});

const { metafile } = await build({
  ...COMMON,
  entryPoints: ['src/main.ts'],
  target: 'node20.19',
  // What is imported dynamically becomes a file of its own, and is loaded only then.
  splitting: true,
  alias: { ajv: NEVER_CALLED, 'ajv-formats': NEVER_CALLED, 'zod/v3': NEVER_CALLED, 'zod-to-json-schema': NEVER_CALLED },
  // Bundled CommonJS calls `require` for what is built into Node.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  metafile: true,
});

await bundleView(OUTDIR);

// The tool takes the names of the bundled files from a source map.
const sources = join(OUTDIR, 'sources.map');
await writeFile(sources, JSON.stringify({ sources: Object.keys(metafile.inputs) }));
await writeThirdPartyNotices({
  rootPath: '.',
  sourceMapFile: sources,
  json: false,
  outputFile: join(OUTDIR, 'THIRD-PARTY-NOTICES.txt'),
});
await rm(sources);
