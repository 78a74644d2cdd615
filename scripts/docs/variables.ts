import { VARIABLES } from '../../src/config/variables.js';
import { LOG_LEVELS } from '../../src/log.js';

export type Variable = keyof typeof VARIABLES;

interface VariableDoc {
  /** One or two sentences, for the README and for forms in which a user fills it in. */
  description: string;
  default?: string;
  choices?: readonly string[];
  format: 'string' | 'number';
  secret?: boolean;
}

/** The documentation of every variable. A new variable does not compile until it is described here. */
const DOCS: Record<Variable, VariableDoc> = {
  ACEDATACLOUD_API_TOKEN: {
    description: 'Your AceDataCloud API token, from https://platform.acedata.cloud.',
    format: 'string',
    secret: true,
  },
  ACEDATACLOUD_API_BASE_URL: {
    description: 'The base URL of the API: https (or http on localhost), without user, query or fragment.',
    default: VARIABLES.ACEDATACLOUD_API_BASE_URL.default,
    format: 'string',
  },
  KLING_REQUEST_TIMEOUT: {
    description: `Seconds that one lookup may take, including retries: ${range(VARIABLES.KLING_REQUEST_TIMEOUT)}.`,
    default: String(VARIABLES.KLING_REQUEST_TIMEOUT.default),
    format: 'number',
  },
  KLING_MAX_WAIT: {
    description: `The largest wait_seconds offered to the model: ${range(VARIABLES.KLING_MAX_WAIT)}. Keep it 10 s below the client's own limit.`,
    default: String(VARIABLES.KLING_MAX_WAIT.default),
    format: 'number',
  },
  LOG_LEVEL: {
    description: 'How much is logged to stderr.',
    default: VARIABLES.LOG_LEVEL.default,
    choices: LOG_LEVELS,
    format: 'string',
  },
};

function range({ min, max }: { min: number; max: number }): string {
  return `${min} to ${max}`;
}

export const variableDocs = Object.entries(DOCS).map(([name, doc]) => ({
  name,
  required: doc.default === undefined,
  ...doc,
}));
