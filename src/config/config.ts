import type { Connection } from '../kling/api/client.js';
import { LOG_LEVELS, type LogLevel } from '../log.js';
import { readDotenvFile, readSettings } from './dotenv.js';
import { checkProxy } from './proxy.js';
import { type Checked, checkBaseUrl, checkSeconds, checkToken, DEFAULTS } from './variables.js';

export { BOUNDS, DEFAULTS, TOKEN_PLACEHOLDER, VARIABLES, type Variable } from './variables.js';

/** What the server runs with. */
export interface Config {
  connection: Connection | undefined;
  maxWaitSeconds: number;
  logLevel: LogLevel;
  /** Sentences that say why there is no connection; the last one says where to correct it. */
  faults: string[];
  /** What is ignored, and why. */
  warnings: string[];
  /** The token to redact, even if it cannot be used. */
  secret: string | undefined;
  /** What `--check` reports; contains no secrets. */
  summary: { token: string; baseUrl: string; limits: string; proxy: string };
}

/** Reads the environment and the .env in the working directory. Never throws. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const { text, warning } = readDotenvFile();
  const config = readConfig(environment, text);
  return warning ? { ...config, warnings: [warning, ...config.warnings] } : config;
}

/**
 * The configuration from the environment and the text of a .env. Never throws: what is wrong is listed in `faults`, and the
 * maximum wait is then the default, because the published schemas show that one.
 */
export function readConfig(environment: NodeJS.ProcessEnv, dotenvText: string | undefined): Config {
  const { settings, warnings } = readSettings(environment, dotenvText);
  const token = checkToken(settings.get('ACEDATACLOUD_API_TOKEN'));
  const baseUrl = checkBaseUrl(settings.get('ACEDATACLOUD_API_BASE_URL'));
  const requestTimeout = checkSeconds(settings, 'KLING_REQUEST_TIMEOUT', 'requestTimeoutSeconds');
  const maxWait = checkSeconds(settings, 'KLING_MAX_WAIT', 'maxWaitSeconds');
  const proxy = checkProxy(environment, baseUrl.value);
  const faults = faultsOf([token, baseUrl, requestTimeout, maxWait, proxy]);
  const connection = {
    token: token.value,
    baseUrl: baseUrl.value,
    requestTimeoutMs: requestTimeout.value * 1000,
    proxy: proxy.value,
  };
  const isUsable = faults.length === 0;
  return {
    connection: isUsable ? connection : undefined,
    maxWaitSeconds: isUsable ? maxWait.value : DEFAULTS.maxWaitSeconds,
    logLevel: LOG_LEVELS.find((level) => level === settings.get('LOG_LEVEL')?.value.toLowerCase()) ?? DEFAULTS.logLevel,
    faults,
    warnings,
    secret: settings.get('ACEDATACLOUD_API_TOKEN')?.value,
    summary: {
      token: token.summary,
      baseUrl: baseUrl.summary,
      limits: `${requestTimeout.summary} a lookup, ${maxWait.summary} a wait`,
      proxy: proxy.summary,
    },
  };
}

/** All faults, then one sentence for all of them: together they have to fit into an error of 500 characters. */
function faultsOf(settings: Checked<unknown>[]): string[] {
  const faulty = settings.filter(({ fault }) => fault);
  if (faulty.length === 0) return [];
  const places = faulty.map(({ source = '' }) =>
    source === '.env in the working directory' ? 'in .env' : `under "env" in the MCP client's settings`,
  );
  const where = [...new Set(places)].join(' or ');
  const repair = `Set this ${where} and restart the server; until then no call can succeed.`;
  return [...faulty.flatMap(({ fault }) => fault ?? []), repair];
}
