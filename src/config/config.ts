import type { Connection } from '../kling/api/client.js';
import { LOG_LEVELS, type LogLevel } from '../log.js';
import { type DotenvFile, readDotenvFile, readSettings } from './dotenv.js';
import { checkProxy } from './proxy.js';
import { checkBaseUrl, checkSeconds, checkToken, VARIABLES } from './variables.js';

/** What the server runs with. */
export interface Config {
  /** Where lookups go, and with which token; undefined if there is a fault. */
  connection: Connection | undefined;
  /** The default if there is a fault, because the published schemas show that one. */
  maxWaitSeconds: number;
  logLevel: LogLevel;
  /** Sentences that say why there is no connection. */
  faults: string[];
  /** What is ignored, and why. */
  warnings: string[];
  /** The token to redact, even if it cannot be used. */
  secret: string | undefined;
  /** What `--check` reports; contains no secrets. */
  summary: { token: string; baseUrl: string; proxy: string };
}

/** The configuration by the environment and the .env in the working directory. Never throws. */
export function loadConfig(environment: NodeJS.ProcessEnv, dotenvFile: DotenvFile = readDotenvFile()): Config {
  const { settings, tokenSource, warnings } = readSettings(environment, dotenvFile);
  const token = checkToken(settings.get('ACEDATACLOUD_API_TOKEN'), tokenSource);
  const baseUrl = checkBaseUrl(settings.get('ACEDATACLOUD_API_BASE_URL'));
  const requestTimeout = checkSeconds(settings, 'KLING_REQUEST_TIMEOUT');
  const maxWait = checkSeconds(settings, 'KLING_MAX_WAIT');
  const proxy = checkProxy(environment, baseUrl.value);
  const faults = [token, baseUrl, requestTimeout, maxWait, proxy].flatMap(({ fault }) => fault ?? []);
  const isUsable = faults.length === 0;
  const connection = {
    token: token.value,
    baseUrl: baseUrl.value,
    requestTimeoutMs: requestTimeout.value * 1000,
    proxy: proxy.value,
  };
  const { logLevel, warning } = readLogLevel(settings.get('LOG_LEVEL'));
  return {
    connection: isUsable ? connection : undefined,
    maxWaitSeconds: isUsable ? maxWait.value : VARIABLES.KLING_MAX_WAIT.default,
    logLevel,
    faults,
    warnings: warning === undefined ? warnings : [...warnings, warning],
    secret: token.value || undefined,
    summary: { token: token.summary, baseUrl: baseUrl.summary, proxy: proxy.summary },
  };
}

function readLogLevel(named?: string): { logLevel: LogLevel; warning?: string } {
  const standard = VARIABLES.LOG_LEVEL.default;
  if (named === undefined) return { logLevel: standard };
  const logLevel = LOG_LEVELS.find((level) => level === named.toLowerCase());
  if (logLevel) return { logLevel };
  return { logLevel: standard, warning: `LOG_LEVEL is none of ${LOG_LEVELS.join(', ')}, and counts as ${standard}.` };
}
