import { parse } from 'dotenv';
import type { Connection } from './kling/api/client.js';
import { LOG_LEVELS, type LogLevel } from './log.js';

/** The server's own variables, in the order of the README's table. */
export const VARIABLES = [
  'ACEDATACLOUD_API_TOKEN',
  'ACEDATACLOUD_API_BASE_URL',
  'KLING_REQUEST_TIMEOUT',
  'KLING_MAX_WAIT',
  'LOG_LEVEL',
] as const;
export type Variable = (typeof VARIABLES)[number];

/** The token in .env.example, which stands for none. */
export const TOKEN_PLACEHOLDER = 'your-token';

export const DEFAULTS = {
  baseUrl: 'https://api.acedata.cloud',
  requestTimeoutSeconds: 30,
  maxWaitSeconds: 50,
  logLevel: 'warn',
} as const;

/** The smallest and the largest value of the numbers, in seconds. */
export const BOUNDS = {
  requestTimeoutSeconds: { min: 1, max: 1800 },
  maxWaitSeconds: { min: 0, max: 3600 },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a value comes from. */
export type Source = 'environment' | '.env';

/** What the server runs with. Without a connection each call says what is wrong with the configuration. */
export interface Config {
  connection: Connection | undefined;
  /** Where lookups go, and through which proxy: also told where a fault leaves no connection. */
  route: Pick<Connection, 'baseUrl' | 'proxy'>;
  tokenSource: Source | undefined;
  maxWaitSeconds: number;
  logLevel: LogLevel;
  /** What keeps calls from working: sentences that name the variable and what to do. Empty with a connection. */
  faults: string[];
  /** What was ignored, and why. */
  warnings: string[];
}

const WHERE = `in the "env" of this server's entry in the MCP client's configuration, then restart it`;

/** Collects what is wrong: a fault stops the calls, a warning does not. */
class Reader {
  readonly faults: string[] = [];
  readonly warnings: string[] = [];
  readonly #file: Environment;

  constructor(
    readonly environment: Environment,
    dotenvText: string | undefined,
  ) {
    this.#file = dotenvText === undefined ? {} : parse(dotenvText);
  }

  /** The value of a variable: the environment goes before .env, and blank counts as absent. */
  read(name: Variable): { value: string; source: Source } | undefined {
    const inEnvironment = usable(name, this.environment[name]);
    if (inEnvironment !== undefined) return { value: inEnvironment, source: 'environment' };
    const inFile = usable(name, this.#file[name]);
    return inFile === undefined ? undefined : { value: inFile, source: '.env' };
  }

  /** A number within its bounds; the default where it is absent. */
  number(name: Variable, rule: NumberRule, ownFile: boolean): number {
    const found = this.read(name);
    if (!found) return rule.otherwise;
    const value = rule.pattern.test(found.value) ? Number(found.value) : Number.NaN;
    if (value >= rule.min && value <= rule.max) return value;
    const text = `${name} must be ${rule.what} from ${rule.min} to ${rule.max}`;
    // A stranger's .env must not stop a user whose token stands in the environment.
    if (found.source === '.env' && !ownFile) this.warnings.push(`${text}; the value in .env is ignored.`);
    else this.faults.push(`${text}: correct it ${whereOf(found.source)}.`);
    return rule.otherwise;
  }
}

interface NumberRule {
  what: string;
  pattern: RegExp;
  min: number;
  max: number;
  otherwise: number;
}

function whereOf(source: Source): string {
  return source === '.env' ? 'in .env, then restart the server' : WHERE;
}

/** Trims; undefined for what counts as absent: blank, and for the token a placeholder or an unexpanded `${…}`. */
function usable(name: Variable, raw: string | undefined): string | undefined {
  const value = raw?.trim() ?? '';
  if (name !== 'ACEDATACLOUD_API_TOKEN') return value || undefined;
  const token = value
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim()
    .replace(/^Bearer(\s+|$)/i, '')
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim();
  return token === '' || token === TOKEN_PLACEHOLDER || token.includes('${') ? undefined : token;
}

/** Reads the token; quotes and backslashes are refused besides, so that JSON never spells it differently. */
function readToken(reader: Reader): { token: string; source: Source } | undefined {
  const found = reader.read('ACEDATACLOUD_API_TOKEN');
  if (!found) {
    reader.faults.push(
      `ACEDATACLOUD_API_TOKEN is not set. Create a token at https://platform.acedata.cloud and set it ${WHERE}.`,
    );
    return undefined;
  }
  if (!/^[!-~]{1,4096}$/.test(found.value) || /["'\\]/.test(found.value)) {
    const where = whereOf(found.source);
    reader.faults.push(`ACEDATACLOUD_API_TOKEN holds characters that no token has: copy it again and set it ${where}.`);
    return undefined;
  }
  return { token: found.value, source: found.source };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * The base URL. The working directory may belong to somebody else, so a URL from .env counts only when the token comes
 * from there too: a stranger's .env must never send the user's token elsewhere.
 */
function readBaseUrl(reader: Reader, tokenSource: Source | undefined): URL {
  const fallback = new URL(DEFAULTS.baseUrl);
  const found = reader.read('ACEDATACLOUD_API_BASE_URL');
  if (!found) return fallback;
  if (found.source === '.env' && tokenSource !== '.env') {
    reader.warnings.push('ACEDATACLOUD_API_BASE_URL in .env is ignored, as the token does not come from there.');
    return fallback;
  }
  const url = URL.canParse(found.value) ? new URL(found.value) : undefined;
  const secure = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
  if (url && secure && !url.username && !url.password && !/[?#]/.test(found.value)) return url;
  reader.faults.push(
    'ACEDATACLOUD_API_BASE_URL must be an https URL (http only for this machine) without user, query or fragment: ' +
      `correct or remove it ${whereOf(found.source)}.`,
  );
  return fallback;
}

function isProxyUrl(value: string): boolean {
  try {
    const { protocol, username, password } = new URL(value);
    // undici decodes them, and would throw on a stray percent sign only when the first call is made.
    decodeURIComponent(username + password);
    return protocol === 'http:' || protocol === 'https:';
  } catch {
    return false;
  }
}

/** The proxies of the environment; lower case goes first, as everywhere. None for an address of this machine. */
function readProxy(reader: Reader, baseUrl: URL): Connection['proxy'] {
  const read = (name: string) => {
    const value = (reader.environment[name.toLowerCase()] ?? reader.environment[name] ?? '').trim();
    if (value === '' || name === 'NO_PROXY') return value || undefined;
    if (isProxyUrl(value)) return value;
    reader.faults.push(`${name} must be a URL such as http://proxy.example:8080: correct it ${WHERE}.`);
    return undefined;
  };
  if (isLoopback(baseUrl.hostname)) return undefined;
  const httpsProxy = read('HTTPS_PROXY') ?? read('HTTP_PROXY');
  if (!httpsProxy) return undefined;
  // The base URL is https here; an empty httpProxy keeps undici from looking into the environment itself.
  return { httpProxy: '', httpsProxy, noProxy: read('NO_PROXY') ?? '' };
}

function readLogLevel(reader: Reader): LogLevel {
  const value = reader.read('LOG_LEVEL')?.value.toLowerCase();
  return LOG_LEVELS.find((level) => level === value) ?? DEFAULTS.logLevel;
}

/**
 * The configuration from the environment and the text of a .env file, which fills in what the environment lacks. Pure.
 * It never fails: what is wrong stands in `faults`, and then the maximum wait is the default.
 */
export function readConfig(environment: Environment, dotenvText: string | undefined): Config {
  const reader = new Reader(environment, dotenvText);
  const { faults, warnings } = reader;
  const token = readToken(reader);
  const baseUrl = readBaseUrl(reader, token?.source);
  const ownFile = token?.source === '.env';
  const seconds = { pattern: /^\d+(\.\d+)?$/, what: 'a number of seconds', ...BOUNDS.requestTimeoutSeconds };
  const wholeSeconds = { pattern: /^\d+$/, what: 'a whole number of seconds', ...BOUNDS.maxWaitSeconds };
  const timeoutRule = { ...seconds, otherwise: DEFAULTS.requestTimeoutSeconds };
  const waitRule = { ...wholeSeconds, otherwise: DEFAULTS.maxWaitSeconds };
  const requestTimeoutSeconds = reader.number('KLING_REQUEST_TIMEOUT', timeoutRule, ownFile);
  const maxWaitSeconds = reader.number('KLING_MAX_WAIT', waitRule, ownFile);
  const proxy = readProxy(reader, baseUrl);
  const sound = token && faults.length === 0;
  return {
    route: { baseUrl, proxy },
    connection: sound
      ? { token: token.token, baseUrl, requestTimeoutMs: requestTimeoutSeconds * 1000, proxy }
      : undefined,
    tokenSource: token?.source,
    maxWaitSeconds: sound ? maxWaitSeconds : DEFAULTS.maxWaitSeconds,
    logLevel: readLogLevel(reader),
    faults,
    warnings,
  };
}
