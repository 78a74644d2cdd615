import type { Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import packageJson from '../../package.json' with { type: 'json' };
import { variableDocs } from './variables.js';

/** What clients show as the server's name; a test holds it against the handshake. */
const TITLE = 'Kling tasks';

const { name, version, mcpName, description, license, homepage, bugs, engines, author, keywords } = packageJson;
const repositoryUrl = packageJson.repository.url.replace(/^git\+|\.git$/g, '');

/** `server.json`, as the MCP registry takes it. */
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
        environmentVariables: variableDocs.map(({ name, description, required, secret, format, choices, ...rest }) => ({
          name,
          description,
          isRequired: required,
          isSecret: secret ?? false,
          format,
          ...(rest.default !== undefined && { default: rest.default }),
          ...(choices && { choices }),
        })),
      },
    ],
  };
}

/** `manifest.json` of the bundle for Claude Desktop, which asks the user for the token and brings its own Node. */
export function bundleManifest(tools: ListedTool[]): object {
  const token = variableDocs.find(({ secret }) => secret);
  if (!token) throw new Error('No variable is marked as the secret one.');
  return {
    manifest_version: '0.3',
    name,
    display_name: TITLE,
    version,
    description,
    author: { name: author },
    repository: { type: 'git', url: repositoryUrl },
    homepage,
    support: bugs,
    license,
    keywords,
    server: {
      type: 'node',
      entry_point: 'server/index.js',
      mcp_config: {
        command: 'node',
        // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the client fills these in
        args: ['${__dirname}/server/index.js'],
        env: { [token.name]: '${user_config.api_token}' },
        // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the client fills these in
      },
    },
    tools: tools.map(({ name, description = '' }) => ({ name, description: firstSentence(description) })),
    compatibility: { platforms: ['darwin', 'win32', 'linux'], runtimes: { node: engines.node } },
    user_config: {
      api_token: {
        type: 'string',
        title: 'AceDataCloud API token',
        description: token.description,
        sensitive: true,
        required: true,
      },
    },
  };
}

/** What a list of tools has room for: the description's first sentence says what the tool does. */
export function firstSentence(description: string): string {
  return description.slice(0, description.indexOf('. ') + 1) || description;
}
