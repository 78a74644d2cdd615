/**
 * Builds the bundle for Claude Desktop, `kling-tasks-mcp.mcpb`, with the official tool, and looks at it as the client
 * will: unpacked into a folder of its own, the server must start. Needs the npm registry.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { bundleManifest } from './docs/manifests.js';
import { liveTools } from './docs/tools.js';
import { npmArguments } from './npm.js';

const MCPB = '@anthropic-ai/mcpb@2.1.2';
const target = resolve(`${packageJson.name}.mcpb`);

function mcpb(...args: string[]): void {
  const command = npmArguments('exec', '--yes', `--package=${MCPB}`, '--', 'mcpb', ...args);
  execFileSync(process.execPath, command, { stdio: 'inherit' });
}

const folder = mkdtempSync(join(tmpdir(), 'kling-bundle-'));
try {
  const content = join(folder, 'content');
  mkdirSync(join(content, 'server'), { recursive: true });
  cpSync('dist', join(content, 'server'), { recursive: true });
  // package.json says that the code is ES modules.
  for (const file of ['package.json', 'README.md', 'LICENSE']) cpSync(file, join(content, file));
  const listings = (await liveTools()).map(({ listing }) => listing);
  writeFileSync(join(content, 'manifest.json'), JSON.stringify(bundleManifest(listings), null, 2));
  mcpb('pack', content, target);

  const unpacked = join(folder, 'unpacked');
  mcpb('unpack', target, unpacked);
  const version = execFileSync(process.execPath, [join(unpacked, 'server', 'index.js'), '--version'], {
    encoding: 'utf8',
    cwd: folder,
  }).trim();
  if (version !== packageJson.version) throw new Error(`The unpacked server says it is version ${version}.`);
  console.log(`${target}: valid, and starts as version ${version}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
