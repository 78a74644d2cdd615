import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };

const SOURCES = 'src/view';

/** Builds the view into `view.html` of the folder, which is there: one page that needs no other file. */
export async function bundleView(outdir: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCES, 'view.css'), join(SOURCES, 'view.ts')],
    outdir,
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    // What has `light-dark()` in its style sheets has all of this too, and it must not be rewritten for others.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    charset: 'utf8',
    legalComments: 'none',
    define: { VERSION: JSON.stringify(packageJson.version) },
    logLevel: 'warning',
  });
  const textOf = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text.trim() ?? '';
  const html = await readFile(join(SOURCES, 'view.html'), 'utf8');
  // As functions, because a text may hold `$&`.
  const page = html
    .replace('<link rel="stylesheet" href="view.css">', () => `<style>${textOf('.css')}</style>`)
    .replace('<script src="view.ts"></script>', () => `<script>${textOf('.js')}</script>`);
  await writeFile(join(outdir, 'view.html'), page);
}
