import type { Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import packageJson from '../../package.json' with { type: 'json' };
import { VARIABLES } from '../../src/config/variables.js';
import { LOG_LEVELS } from '../../src/log.js';
import { DESCRIPTIONS, variableDocs } from './variables.js';

/** The name of the server that clients show; a test compares it with the handshake. */
const TITLE = 'Kling tasks';

const { name, version, mcpName, description, license, homepage, bugs, engines, author, keywords } = packageJson;
const repositoryUrl = packageJson.repository.url.replace(/^git\+|\.git$/g, '');
const isAddressDecided = !mcpName.includes('OWNER');

/** `server.json` for the MCP registry. */
export function serverJson(): object {
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: mcpName,
    title: TITLE,
    description,
    version,
    repository: { url: repositoryUrl, source: 'github' },
    packages: [
      {
        registryType: 'npm',
        registryBaseUrl: 'https://registry.npmjs.org',
        identifier: name,
        version,
        runtimeHint: 'npx',
        transport: { type: 'stdio' },
        // Members that are undefined are left out of the JSON.
        environmentVariables: variableDocs.map(({ name, description, ...variable }) => ({
          name,
          description,
          isRequired: variable.default === undefined,
          isSecret: variable.default === undefined,
          format: typeof variable.default === 'number' ? 'number' : 'string',
          default: variable.default?.toString(),
          choices: name === 'LOG_LEVEL' ? LOG_LEVELS : undefined,
        })),
      },
    ],
  };
}

/**
 * The form that Claude Desktop shows when the bundle is installed: each field, and the variable that it fills. Every
 * optional one has a default, even if it is empty: for a field that was left empty and has no default, Claude Desktop
 * passes the literal text `${user_config.…}` (modelcontextprotocol/mcpb#250).
 */
const USER_SETTINGS = {
  api_token: {
    variable: 'ACEDATACLOUD_API_TOKEN',
    type: 'string',
    title: 'AceDataCloud API token',
    description: DESCRIPTIONS.ACEDATACLOUD_API_TOKEN,
    sensitive: true,
    required: true,
  },
  https_proxy: {
    variable: 'HTTPS_PROXY',
    type: 'string',
    title: 'Proxy',
    description: 'Only if your network requires one: its URL, such as http://proxy.example:8080.',
    required: false,
    default: '',
  },
  ca_file: {
    variable: 'NODE_EXTRA_CA_CERTS',
    type: 'file',
    title: 'Certificate file',
    description: 'Only if your network inspects TLS: a PEM file with the additional certificate to trust.',
    required: false,
    default: '',
  },
  max_wait: {
    variable: 'KLING_MAX_WAIT',
    type: 'number',
    title: 'Longest wait in seconds',
    description: 'How long one call may wait for a task to end. Claude Desktop gives up on a call after 60 s.',
    required: false,
    ...VARIABLES.KLING_MAX_WAIT,
  },
};

/** `manifest.json` of the bundle for Claude Desktop, which runs it with a Node.js of its own. */
export function bundleManifest(tools: ListedTool[]): object {
  const settings = Object.entries(USER_SETTINGS);
  return {
    manifest_version: '0.3',
    name,
    display_name: TITLE,
    version,
    description,
    author: { name: author },
    ...(isAddressDecided && { repository: { type: 'git', url: repositoryUrl }, homepage, support: bugs }),
    license,
    keywords,
    server: {
      type: 'node',
      entry_point: 'server/index.js',
      mcp_config: {
        command: 'node',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the client replaces it
        args: ['${__dirname}/server/index.js'],
        env: Object.fromEntries(settings.map(([key, { variable }]) => [variable, `\${user_config.${key}}`])),
      },
    },
    // Its first sentence: there is no room for more.
    tools: tools.map(({ name, description = '' }) => ({ name, description: description.replace(/\. .*$/s, '.') })),
    compatibility: { platforms: ['darwin', 'win32', 'linux'], runtimes: { node: engines.node } },
    user_config: Object.fromEntries(settings.map(([key, { variable, ...field }]) => [key, field])),
  };
}
