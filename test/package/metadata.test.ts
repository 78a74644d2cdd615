import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { bundleManifest } from '../../scripts/docs/manifests.js';
import { readConfig } from '../support/config.js';
import { Session } from '../support/server-process.js';

const { name, version, description } = packageJson;
const server = JSON.parse(readFileSync('server.json', 'utf8'));
const session = await Session.start();
const live = session.client.getServerVersion();
const { tools } = await session.client.listTools();
await session.close();
const manifest = JSON.parse(JSON.stringify(bundleManifest(tools)));

describe('package.json', () => {
  test('says the same public address everywhere', () => {
    const { repository, homepage, bugs, mcpName } = packageJson;
    const [, owner] = /^git\+https:\/\/github\.com\/([\w-]+)\/kling-tasks-mcp\.git$/.exec(repository.url) ?? [];
    expect(owner).toBeTruthy();
    expect(homepage).toBe(`https://github.com/${owner}/${name}#readme`);
    expect(bugs).toBe(`https://github.com/${owner}/${name}/issues`);
    expect(mcpName).toBe(`io.github.${owner}/${name}`);
    expect(repository.url).toBe(`git+${server.repository.url}.git`);
  });

  test('installs nothing but itself', () => {
    for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies'])
      expect(packageJson).not.toHaveProperty(kind);
    for (const hook of ['preinstall', 'install', 'postinstall']) expect(packageJson.scripts).not.toHaveProperty(hook);
  });
});

test('name, title, version and description are the same wherever they are said', () => {
  expect(live).toMatchObject({ name, version });
  expect(server).toMatchObject({ name: packageJson.mcpName, title: live?.title, version, description });
  expect(server.packages).toMatchObject([{ registryType: 'npm', identifier: name, version }]);
  expect(manifest).toMatchObject({ name, display_name: live?.title, version, description });
  expect(manifest.compatibility.runtimes.node).toBe(packageJson.engines.node);
  // The MCP registry takes no more.
  expect(description.length).toBeLessThanOrEqual(100);
});

describe('manifest.json of the bundle for Claude Desktop', () => {
  test("has the first sentence of each tool's description", () => {
    expect(manifest.tools.map(({ description }: { description: string }) => description)).toEqual([
      expect.stringMatching(/^Get the status and result of one Kling generation task [^.]+\.$/),
      expect.stringMatching(/^Get the status and result of up to 100 Kling generation tasks [^.]+\.$/),
    ]);
  });

  // For an empty setting without a default, Claude Desktop would pass on the placeholder itself.
  test('with nothing but the token filled in, the server has no fault and the default maximum wait', () => {
    const values = { ACEDATACLOUD_API_TOKEN: 'a-good-token' } as Record<string, string>;
    for (const [variable, placeholder] of Object.entries<string>(manifest.server.mcp_config.env)) {
      const [, key = ''] = /^\$\{user_config\.(\w+)\}$/.exec(placeholder) ?? [];
      values[variable] ??= String(manifest.user_config[key].default);
    }
    expect(Object.keys(values)).toHaveLength(4);
    expect(manifest.user_config.api_token).toMatchObject({ required: true, sensitive: true });
    expect(readConfig(values)).toMatchObject({ faults: [], warnings: [], maxWaitSeconds: 50 });
  });
});
