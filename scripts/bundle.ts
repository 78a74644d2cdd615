import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { dropUnused, dropUnusedSchemas } from './bundle-plugins.js';
import { bundleView } from './bundle-view.js';
import { noticesOf } from './notices.js';

/** The published files, each a bundle of its own: what the next one holds is loaded only when it is needed. */
const FILES = { index: 'src/index.ts', main: 'src/main.ts', undici: 'src/kling/api/undici.ts' };

/** Points a dynamic import at the published file that holds the module. */
const linkFiles: Plugin = {
  name: 'link-files',
  setup({ onResolve }) {
    for (const file of Object.keys(FILES)) {
      onResolve({ filter: new RegExp(`/${file}\\.js$`) }, ({ kind }) =>
        kind === 'dynamic-import' ? { path: `./${file}.js`, external: true } : undefined,
      );
    }
  },
};

/**
 * Builds the published files and the notices into the folder. CommonJS, because Node starts it 5 to 7 ms sooner than
 * the same code as ES modules.
 * @returns what went into them
 */
export async function bundle(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: FILES,
    outdir,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    // Otherwise `import()` would start Node's loader for ES modules, to load CommonJS.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname' },
    minify: true,
    metafile: true,
    plugins: [linkFiles, dropUnused, dropUnusedSchemas],
    logLevel: 'warning',
  });
  await bundleView(outdir);
  await writeFile(join(outdir, 'package.json'), '{"type":"commonjs"}\n');
  await writeFile(join(outdir, 'THIRD-PARTY-NOTICES.txt'), await noticesOf(metafile));
  return metafile;
}
