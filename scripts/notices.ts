import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** The folders of the packages of which any byte is in the bundle, sorted. */
export function bundledPackages({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs.flatMap(([path, { bytesInOutput }]) => {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
    return folder && bytesInOutput > 0 ? [folder] : [];
  });
  return [...new Set(folders)].sort();
}

/**
 * The licences of everything in the bundle, for the file that is published with it.
 * @throws where a package names no licence or has no licence text
 */
export async function noticesOf(metafile: Metafile): Promise<string> {
  const sections = await Promise.all(bundledPackages(metafile).map(noticeOf));
  return `This package contains code of the following packages.\n\n${sections.join('\n\n')}\n`;
}

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!name || !version || !license || !file) throw new Error(`${folder} lacks its name, version or licence.`);
  const text = (await readFile(join(folder, file), 'utf8')).trim();
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text}`;
}
