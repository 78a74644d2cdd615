import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Code that a package took from somebody else, whose licence the package does not contain. */
interface Vendored {
  name: string;
  license: string;
  /** The bundled file that holds it. */
  module: string;
  /** The text of its licence, in scripts/licences/. */
  text: string;
}

/** In undici: an HTTP parser compiled to WebAssembly together with parts of its C library, and a queue from Node.js. */
const VENDORED: readonly Vendored[] = [
  { name: 'llhttp', license: 'MIT', module: 'undici/lib/llhttp/llhttp-wasm.js', text: 'llhttp.txt' },
  { name: 'wasi-libc', license: 'CC0-1.0, MIT', module: 'undici/lib/llhttp/llhttp-wasm.js', text: 'wasi-libc.txt' },
  { name: 'Node.js', license: 'MIT', module: 'undici/lib/dispatcher/fixed-queue.js', text: 'node.txt' },
];

function bundledModules({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}

/** The folders of the packages of which any byte is in the bundle, sorted. */
export function bundledPackages(metafile: Metafile): string[] {
  const folders = bundledModules(metafile).flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  );
  return [...new Set(folders)].sort();
}

/**
 * The licences of everything in the bundle, for the file that is published with it.
 * @throws where a package names no licence or has no licence text, and where vendored code is not found any more
 */
export async function noticesOf(metafile: Metafile): Promise<string> {
  const modules = bundledModules(metafile);
  const moved = VENDORED.find(({ module }) => !modules.some((path) => path.endsWith(`node_modules/${module}`)));
  if (moved) throw new Error(`${moved.module} is not in the bundle any more: see VENDORED in scripts/notices.ts.`);
  const sections = await Promise.all([
    ...bundledPackages(metafile).map(packageNotice),
    ...VENDORED.map(vendoredNotice),
  ]);
  return `This package contains code of the following packages.\n\n${sections.join('\n\n')}\n`;
}

async function packageNotice(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!name || !version || !license || !file) throw new Error(`${folder} lacks its name, version or licence.`);
  return section(`${name} ${version} (${license})`, await readFile(join(folder, file), 'utf8'));
}

async function vendoredNotice({ name, license, module, text }: Vendored): Promise<string> {
  const [holder] = module.split('/');
  const url = new URL(`licences/${text}`, import.meta.url);
  return section(`${name}, in ${holder} (${license})`, await readFile(url, 'utf8'));
}

function section(title: string, text: string): string {
  return `${'-'.repeat(80)}\n${title}\n\n${text.trim()}`;
}
