import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };

const SOURCES = 'src/view';

/** Names of the page's own objects, by which it reads nothing of the protocol or the browser: shortened, they save 0.6 KB. */
const OWN_NAMES =
  /^(?:asOfMs|asked|durationSeconds|elapsedSeconds|finishMs|ids|input|isBatch|lookupErrors|media|notFound|onAnswer|passes|pollAfterSeconds|raw|shown|startMs|state|traceId)$/;

/** Bundles and minifies one source of the page. */
async function minified(source: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCES, source)],
    bundle: true,
    write: false,
    minify: true,
    mangleProps: OWN_NAMES,
    format: 'iife',
    // What has `light-dark()` in its style sheets has all of this too, and it must not be rewritten for others.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    charset: 'utf8',
    legalComments: 'none',
    define: { VERSION: JSON.stringify(packageJson.version) },
    logLevel: 'warning',
  });
  return outputFiles[0]?.text.trim() ?? '';
}

/** Builds the view into `view.html` of the folder: one page that needs no other file. */
export async function bundleView(outdir: string): Promise<void> {
  const [html, css, js] = await Promise.all([
    readFile(join(SOURCES, 'view.html'), 'utf8'),
    minified('view.css'),
    minified('view.ts'),
  ]);
  const page = html
    .replace(/>\s+</g, '><')
    // Blanks in the values of custom properties are left by esbuild.
    .replace('<link rel="stylesheet" href="view.css">', () => `<style>${css.replace(/(?<=[:,]) /g, '')}</style>`)
    .replace('<script src="view.ts"></script>', () => `<script>${js}</script>`);
  await mkdir(outdir, { recursive: true });
  await writeFile(join(outdir, 'view.html'), page);
}
