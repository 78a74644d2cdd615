import type { Connection } from '../kling/api/client.js';
import { LOG_LEVELS, type LogLevel } from '../log.js';
import { checkBaseUrl } from './base-url.js';
import { openSettings, readDotenvFile } from './dotenv.js';
import { checkProxy } from './proxy.js';
import { BOUNDS, type Checked, DEFAULTS, type Environment, type Setting, type Variable } from './settings.js';
import { checkToken } from './token.js';

export { BOUNDS, DEFAULTS, TOKEN_PLACEHOLDER, VARIABLES, type Variable } from './settings.js';

/** What the server runs with. Without a connection, each call says what is wrong with the configuration. */
export interface Config {
  connection: Connection | undefined;
  maxWaitSeconds: number;
  logLevel: LogLevel;
  /** Sentences that say why calls cannot work; the last one says where to correct it. Empty if there is a connection. */
  faults: string[];
  /** What is ignored, and why. */
  warnings: string[];
  /** The token to redact, even if it cannot be used. */
  secret: string | undefined;
  /** Token, base URL and proxy as `--check` reports them; contains no secrets. */
  summary: { token: string; baseUrl: string; proxy: string };
}

/** Reads the environment and the .env in the working directory. Never throws. */
export function loadConfig(environment: Environment): Config {
  const { text, warning } = readDotenvFile();
  const config = readConfig(environment, text);
  return warning ? { ...config, warnings: [warning, ...config.warnings] } : config;
}

/**
 * The configuration from the environment and the text of a .env, without side effects. Never throws: whatever is wrong is
 * listed in `faults`, and the maximum wait is then the default, because the published schemas show that one.
 */
export function readConfig(environment: Environment, dotenvText: string | undefined): Config {
  const { read, warnings } = openSettings(environment, dotenvText);
  const tokenSetting = read('ACEDATACLOUD_API_TOKEN');
  const token = checkToken(tokenSetting);
  const baseUrl = checkBaseUrl(read('ACEDATACLOUD_API_BASE_URL'));
  const timeoutRule = { ...BOUNDS.requestTimeoutSeconds, default: DEFAULTS.requestTimeoutSeconds, whole: false };
  const requestTimeout = checkSeconds('KLING_REQUEST_TIMEOUT', read('KLING_REQUEST_TIMEOUT'), timeoutRule);
  const waitRule = { ...BOUNDS.maxWaitSeconds, default: DEFAULTS.maxWaitSeconds, whole: true };
  const maxWait = checkSeconds('KLING_MAX_WAIT', read('KLING_MAX_WAIT'), waitRule);
  const proxy = checkProxy(environment, baseUrl.value);
  const faults = faultsOf([token, baseUrl, requestTimeout, maxWait, proxy]);
  const connection =
    token.value === undefined || faults.length > 0
      ? undefined
      : {
          token: token.value,
          baseUrl: baseUrl.value,
          requestTimeoutMs: requestTimeout.value * 1000,
          proxy: proxy.value,
        };
  return {
    connection,
    maxWaitSeconds: connection ? maxWait.value : DEFAULTS.maxWaitSeconds,
    logLevel: LOG_LEVELS.find((level) => level === read('LOG_LEVEL')?.value.toLowerCase()) ?? DEFAULTS.logLevel,
    faults,
    warnings,
    secret: tokenSetting?.value,
    summary: { token: token.summary, baseUrl: baseUrl.summary, proxy: proxy.summary },
  };
}

/** A number of seconds within its bounds; exponents, signs and hexadecimal are refused. */
function checkSeconds(
  name: Variable,
  found: Setting | undefined,
  rule: { min: number; max: number; default: number; whole: boolean },
): Checked<number> {
  if (!found) return { value: rule.default };
  const pattern = rule.whole ? /^\d+$/ : /^\d+(\.\d+)?$/;
  const seconds = pattern.test(found.value) ? Number(found.value) : Number.NaN;
  if (seconds >= rule.min && seconds <= rule.max) return { value: seconds };
  const kind = rule.whole ? 'a whole number' : 'a number';
  const fault = `${name} must be ${kind} of seconds from ${rule.min} to ${rule.max}.`;
  return { value: rule.default, fault, source: found.source };
}

/** All faults, then one sentence for all of them: together they have to fit into an error of 500 characters. */
function faultsOf(settings: Checked<unknown>[]): string[] {
  const faulty = settings.filter(({ fault }) => fault);
  if (faulty.length === 0) return [];
  const places = faulty.map(({ source }) =>
    source === '.env' ? 'in .env' : `under "env" in the MCP client's settings`,
  );
  const where = [...new Set(places)].join(' or ');
  const repair = `Set this ${where} and restart the server; until then no call can succeed.`;
  return [...faulty.flatMap(({ fault }) => fault ?? []), repair];
}
