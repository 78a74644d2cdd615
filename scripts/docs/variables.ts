import { BOUNDS, DEFAULTS, VARIABLES, type Variable } from '../../src/config/config.js';
import { LOG_LEVELS } from '../../src/log.js';

interface VariableDoc {
  /** One sentence, for the README and for what asks a user to fill it in. */
  description: string;
  default?: string;
  choices?: readonly string[];
  format: 'string' | 'number';
  secret?: boolean;
}

/** Every variable of the server with its documentation: a new one does not compile until it stands here. */
const DOCS: Record<Variable, VariableDoc> = {
  ACEDATACLOUD_API_TOKEN: {
    description: 'The API token of AceDataCloud, made at https://platform.acedata.cloud.',
    format: 'string',
    secret: true,
  },
  ACEDATACLOUD_API_BASE_URL: {
    description: 'Where the API is: an https URL, or http on this machine, without user, query or fragment.',
    default: DEFAULTS.baseUrl,
    format: 'string',
  },
  KLING_REQUEST_TIMEOUT: {
    description: `Seconds that one lookup may take, retries included: ${range(BOUNDS.requestTimeoutSeconds)}.`,
    default: String(DEFAULTS.requestTimeoutSeconds),
    format: 'number',
  },
  KLING_MAX_WAIT: {
    description: `The largest wait_seconds offered to the model: ${range(BOUNDS.maxWaitSeconds)}; more only where the client waits longer.`,
    default: String(DEFAULTS.maxWaitSeconds),
    format: 'number',
  },
  LOG_LEVEL: {
    description: 'How much is logged on stderr.',
    default: DEFAULTS.logLevel,
    choices: LOG_LEVELS,
    format: 'string',
  },
};

function range({ min, max }: { min: number; max: number }): string {
  return `${min} to ${max}`;
}

/** The variables in the order of the code. */
export const variableDocs = VARIABLES.map((name) => ({
  name,
  required: DOCS[name].default === undefined,
  ...DOCS[name],
}));
