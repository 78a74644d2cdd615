import { LOG_LEVELS } from '../log.js';
import { readDotenvFile, readSettings } from './dotenv.js';
import { checkProxy } from './proxy.js';
import { type Checked, checkBaseUrl, checkSeconds, checkToken, VARIABLES } from './variables.js';

export type Config = ReturnType<typeof loadConfig>;

/**
 * What the server runs with, by the environment and the .env in the working directory. Never throws: what is wrong is listed
 * in `faults`, and the maximum wait is then the default, because the published schemas show that one.
 */
export function loadConfig(environment: NodeJS.ProcessEnv, dotenvFile = readDotenvFile()) {
  const { settings, warnings } = readSettings(environment, dotenvFile);
  const token = checkToken(settings.get('ACEDATACLOUD_API_TOKEN'));
  const baseUrl = checkBaseUrl(settings.get('ACEDATACLOUD_API_BASE_URL'));
  const requestTimeout = checkSeconds(settings, 'KLING_REQUEST_TIMEOUT');
  const maxWait = checkSeconds(settings, 'KLING_MAX_WAIT');
  const logLevel = settings.get('LOG_LEVEL')?.value.toLowerCase();
  const proxy = checkProxy(environment, baseUrl.value);
  const faults = faultsOf([token, baseUrl, requestTimeout, maxWait, proxy]);
  const isUsable = faults.length === 0;
  const connection = {
    token: token.value,
    baseUrl: baseUrl.value,
    requestTimeoutMs: requestTimeout.value * 1000,
    proxy: proxy.value,
  };
  return {
    connection: isUsable ? connection : undefined,
    maxWaitSeconds: isUsable ? maxWait.value : VARIABLES.KLING_MAX_WAIT.default,
    logLevel: LOG_LEVELS.find((level) => level === logLevel) ?? VARIABLES.LOG_LEVEL.default,
    /** Sentences that say why there is no connection; the last one says where to correct it. */
    faults,
    /** What is ignored, and why. */
    warnings,
    /** The token to redact, even if it cannot be used. */
    secret: settings.get('ACEDATACLOUD_API_TOKEN')?.value,
    /** What `--check` reports; contains no secrets. */
    summary: { token: token.summary, baseUrl: baseUrl.summary, proxy: proxy.summary },
  };
}

/** All faults, then one sentence for all of them: together they have to fit into an error of 500 characters. */
function faultsOf(checked: Pick<Checked<unknown>, 'fault' | 'source'>[]): string[] {
  const faulty = checked.filter(({ fault }) => fault);
  if (faulty.length === 0) return [];
  const places = faulty.map(({ source = '' }) =>
    source === '.env in the working directory' ? 'in .env' : `under "env" in the MCP client's settings`,
  );
  const where = [...new Set(places)].join(' or ');
  const repair = `Set this ${where} and restart the server; until then no call can succeed.`;
  return [...faulty.flatMap(({ fault }) => fault ?? []), repair];
}
