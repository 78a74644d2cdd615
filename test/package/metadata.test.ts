import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { bundleManifest } from '../../scripts/docs/manifests.js';
import { VARIABLES } from '../../src/config/variables.js';
import { readConfig } from '../support/config.js';
import { Session } from '../support/server-process.js';

const server = JSON.parse(readFileSync('server.json', 'utf8'));
const session = await Session.start();
const live = session.client.getServerVersion();
const { tools } = await session.client.listTools();
await session.close();
const manifest = JSON.parse(JSON.stringify(bundleManifest(tools)));

describe('package.json', () => {
  test('says the same public address everywhere', () => {
    const { repository, homepage, bugs, mcpName, name } = packageJson;
    const [, owner] = /^git\+https:\/\/github\.com\/([\w-]+)\/kling-tasks-mcp\.git$/.exec(repository.url) ?? [];
    expect(owner).toBeTruthy();
    expect(homepage).toBe(`https://github.com/${owner}/${name}#readme`);
    expect(bugs).toBe(`https://github.com/${owner}/${name}/issues`);
    expect(mcpName).toBe(`io.github.${owner}/${name}`);
  });

  test('installs nothing but itself', () => {
    expect(packageJson).not.toHaveProperty('dependencies');
    expect(packageJson).not.toHaveProperty('peerDependencies');
    expect(packageJson).not.toHaveProperty('optionalDependencies');
    for (const hook of ['preinstall', 'install', 'postinstall']) {
      expect(packageJson.scripts).not.toHaveProperty(hook);
    }
  });

  test('development dependencies have exact versions', () => {
    for (const version of Object.values(packageJson.devDependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe("server.json, by the MCP registry's rules of 2025-12-11", () => {
  const [npm] = server.packages;

  test('declares that schema', () => {
    expect(server.$schema).toBe('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json');
  });

  test('the name is the mcpName of the package, a reverse-DNS namespace and one slash, 3 to 200 characters', () => {
    expect(server.name).toBe(packageJson.mcpName);
    expect(server.name).toMatch(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/);
    expect(server.name.length).toBeLessThanOrEqual(200);
  });

  test('title and description have 1 to 100 characters', () => {
    for (const text of [server.title, server.description]) {
      expect(text.length).toBeGreaterThan(0);
      expect(text.length).toBeLessThanOrEqual(100);
    }
    expect(server.description).toBe(packageJson.description);
  });

  test('versions are exact and those of the package', () => {
    expect(packageJson.version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect(server.version).toBe(packageJson.version);
    expect(npm.version).toBe(packageJson.version);
  });

  test('the package is the one on npm, over stdio', () => {
    expect(server.packages).toHaveLength(1);
    expect(npm).toMatchObject({
      registryType: 'npm',
      registryBaseUrl: 'https://registry.npmjs.org',
      identifier: packageJson.name,
      runtimeHint: 'npx',
      transport: { type: 'stdio' },
    });
  });

  test('the repository is that of the package', () => {
    expect(server.repository.source).toBe('github');
    expect(packageJson.repository.url).toBe(`git+${server.repository.url}.git`);
  });

  test('names every variable; only the token is required and secret, and defaults are strings', () => {
    expect(npm.environmentVariables.map(({ name }: { name: string }) => name)).toEqual(Object.keys(VARIABLES));
    for (const { name, description, isRequired, isSecret, format, ...rest } of npm.environmentVariables) {
      const isToken = name === 'ACEDATACLOUD_API_TOKEN';
      expect({ name, isRequired, isSecret }).toEqual({ name, isRequired: isToken, isSecret: isToken });
      expect(description).toBeTruthy();
      expect(['string', 'number', 'boolean', 'filepath']).toContain(format);
      expect(typeof rest.default).toBe(isToken ? 'undefined' : 'string');
    }
  });

  test('knows no field besides those of the schema', () => {
    const known = ['$schema', 'name', 'title', 'description', 'version', 'repository', 'packages'];
    expect(Object.keys(server)).toEqual(known);
    const ofPackage = ['registryType', 'registryBaseUrl', 'identifier', 'version', 'runtimeHint', 'transport'];
    expect(Object.keys(npm)).toEqual([...ofPackage, 'environmentVariables']);
  });
});

describe('manifest.json of the bundle for Claude Desktop', () => {
  test('says the same as the live server and package.json', () => {
    expect(manifest).toMatchObject({
      manifest_version: '0.3',
      name: live?.name,
      version: live?.version,
      display_name: live?.title,
      description: packageJson.description,
    });
    expect(server.title).toBe(live?.title);
  });

  test("has the first sentence of each tool's description", () => {
    expect(manifest.tools.map(({ description }: { description: string }) => description)).toEqual([
      expect.stringMatching(/^Get the status and result of one Kling generation task [^.]+\.$/),
      expect.stringMatching(/^Get the status and result of up to 100 Kling generation tasks [^.]+\.$/),
    ]);
  });

  test('has links as soon as the public address is decided', () => {
    const isDecided = !packageJson.mcpName.includes('OWNER');
    for (const link of ['repository', 'homepage', 'support']) expect(link in manifest).toBe(isDecided);
  });

  test('asks for the token as a sensitive setting, and for nothing else that is required', () => {
    expect(manifest.user_config.api_token).toMatchObject({ type: 'string', sensitive: true, required: true });
    const required = Object.entries<{ required: boolean }>(manifest.user_config).filter(([, { required }]) => required);
    expect(required.map(([key]) => key)).toEqual(['api_token']);
  });

  test('passes each setting on by the name of its variable', () => {
    expect(manifest.server.mcp_config.env).toEqual({
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the client fills these in
      ACEDATACLOUD_API_TOKEN: '${user_config.api_token}',
      HTTPS_PROXY: '${user_config.https_proxy}',
      NODE_EXTRA_CA_CERTS: '${user_config.ca_file}',
      KLING_MAX_WAIT: '${user_config.max_wait}',
      // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the client fills these in
    });
    expect(Object.keys(manifest.user_config)).toEqual(['api_token', 'https_proxy', 'ca_file', 'max_wait']);
  });

  test('every optional setting has a default, since a client would pass the placeholder itself for an empty one', () => {
    const { api_token, ...optional } = manifest.user_config;
    expect(api_token).not.toHaveProperty('default');
    for (const [key, setting] of Object.entries(optional)) expect(setting, key).toHaveProperty('default');
    expect(manifest.user_config.max_wait).toMatchObject({ type: 'number', default: 50, min: 0, max: 3600 });
  });

  test('with nothing but the token filled in, the server has no fault and the default maximum wait', () => {
    const defaults: [string, { default?: string | number }][] = Object.entries(manifest.user_config);
    const values = new Map(defaults.map(([key, { default: value }]) => [`\${user_config.${key}}`, String(value)]));
    const env: [string, string][] = Object.entries(manifest.server.mcp_config.env);
    const environment = Object.fromEntries(env.map(([name, placeholder]) => [name, values.get(placeholder)]));
    const config = readConfig({ ...environment, ACEDATACLOUD_API_TOKEN: 'a-good-token' });
    expect(config).toMatchObject({ faults: [], warnings: [], maxWaitSeconds: 50, connection: { proxy: undefined } });
  });

  test('runs on the Node versions of the package', () => {
    expect(manifest.compatibility.runtimes).toEqual({ node: packageJson.engines.node });
  });
});
