import packageJson from '../../package.json' with { type: 'json' };
import { VARIABLES } from '../../src/config/variables.js';

/** The name of the server's entry in the settings of clients. */
export const ENTRY_NAME = 'kling-tasks';

const START = { command: 'npx', args: ['-y', packageJson.name] };
const TOKEN_INPUT = 'acedatacloud-token';

/** The entry that most clients take as it is. */
export const STANDARD_ENTRY = {
  ...START,
  env: { ACEDATACLOUD_API_TOKEN: VARIABLES.ACEDATACLOUD_API_TOKEN.placeholder },
};

/** The content of VS Code's install link; VS Code asks for the token and keeps it in its secret storage. */
const VSCODE_ENTRY = {
  name: ENTRY_NAME,
  ...START,
  env: { ACEDATACLOUD_API_TOKEN: `\${input:${TOKEN_INPUT}}` },
  inputs: [{ type: 'promptString', id: TOKEN_INPUT, description: 'AceDataCloud API token', password: true }],
};

function badge(label: string, color: string, link: string): string {
  return `[![${label}](https://img.shields.io/badge/${label.replaceAll(' ', '_')}-${color}?style=flat-square)](${link})`;
}

/** A button for each client that can be set up by a link. */
export function installButtons(): string {
  const base64 = encodeURIComponent(Buffer.from(JSON.stringify(STANDARD_ENTRY)).toString('base64'));
  const vscode = `vscode:mcp/install?${encodeURIComponent(JSON.stringify(VSCODE_ENTRY))}`;
  return [
    badge('Install in Cursor', '000000', `https://cursor.com/install-mcp?name=${ENTRY_NAME}&config=${base64}`),
    badge('Install in VS Code', '0098FF', `https://insiders.vscode.dev/redirect?url=${encodeURIComponent(vscode)}`),
    badge('Add to LM Studio', '4B3FE3', `https://lmstudio.ai/install-mcp?name=${ENTRY_NAME}&config=${base64}`),
  ].join('\n');
}
