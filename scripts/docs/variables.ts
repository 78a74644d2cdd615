import { VARIABLES } from '../../src/config/variables.js';
import { LOG_LEVELS } from '../../src/log.js';
import { table } from './markdown.js';

type Variable = keyof typeof VARIABLES;

const range = ({ min, max }: { min: number; max: number }) => `${min} to ${max}`;

/** A sentence or two for the README and for forms. A new variable does not compile until it is described here. */
export const DESCRIPTIONS: Readonly<Record<Variable, string>> = {
  ACEDATACLOUD_API_TOKEN: 'Your AceDataCloud API token, from https://platform.acedata.cloud.',
  ACEDATACLOUD_API_BASE_URL: 'The base URL of the API: https (or http on localhost), without user, query or fragment.',
  KLING_REQUEST_TIMEOUT: `Seconds that one lookup may take, retries included: ${range(VARIABLES.KLING_REQUEST_TIMEOUT)}.`,
  KLING_MAX_WAIT: `The largest wait_seconds offered to the model: ${range(VARIABLES.KLING_MAX_WAIT)}. Keep it 10 s below the client's own limit.`,
  LOG_LEVEL: `How much is logged to stderr: ${LOG_LEVELS.join(', ')}.`,
};

const variables: Readonly<Record<string, { default?: string | number; placeholder?: string }>> = VARIABLES;

/** Every variable, in the order of the documentation. The token alone has no default: it is required, and secret. */
export const variableDocs = Object.entries(DESCRIPTIONS).map(([name, description]) => ({
  name,
  description,
  ...variables[name],
}));

export function configurationTable(): string {
  const rows = variableDocs.map(({ name, description, ...variable }) => [
    `\`${name}\``,
    variable.default === undefined ? '(required)' : `\`${variable.default}\``,
    description,
  ]);
  return table(['variable', 'default', 'description'], rows);
}

/** `.env.example`: the placeholder of the token, and everything else commented out with its default. */
export function envExample(): string {
  const lines = variableDocs.map(({ name, description, ...variable }) =>
    variable.default === undefined
      ? `# Required. ${description}\n${name}=${variable.placeholder}\n`
      : `# ${description}\n# ${name}=${variable.default}\n`,
  );
  return `# Copy this file to .env, or set these variables under "env" in the settings of your MCP client.
# A .env counts only if it sets the token and the environment does not.

${lines.join('\n')}`;
}
