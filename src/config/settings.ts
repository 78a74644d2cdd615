/** The server's own variables, in the order of the documentation. */
export const VARIABLES = [
  'ACEDATACLOUD_API_TOKEN',
  'ACEDATACLOUD_API_BASE_URL',
  'KLING_REQUEST_TIMEOUT',
  'KLING_MAX_WAIT',
  'LOG_LEVEL',
] as const;
export type Variable = (typeof VARIABLES)[number];

/** The token in .env.example: it counts as missing. */
export const TOKEN_PLACEHOLDER = 'your-token';

export const DEFAULTS = {
  baseUrl: 'https://api.acedata.cloud',
  requestTimeoutSeconds: 30,
  maxWaitSeconds: 50,
  logLevel: 'warn',
} as const;

/** The smallest and the largest value of each number, in seconds. */
export const BOUNDS = {
  requestTimeoutSeconds: { min: 1, max: 1800 },
  maxWaitSeconds: { min: 0, max: 3600 },
} as const;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a value was found. */
export type Source = 'environment' | '.env';

/** A value that was set, normalized but not yet checked. */
export interface Setting {
  value: string;
  source: Source;
}

/** A setting after its check. If something is wrong with it, `fault` says what, and `value` is the default. */
export interface Checked<T> {
  value: T;
  source: Source;
  fault?: string;
  /** What `--check` prints about it; contains no secrets. */
  summary: string;
}

/**
 * Trims a value; undefined if it counts as absent. Besides blank values, that is what Claude Desktop passes for an
 * optional field of the bundle that the user left empty: the literal `${user_config.…}`.
 */
export function present(raw: string | undefined): string | undefined {
  const value = raw?.trim();
  return !value || /^\$\{user_config\.\w+\}$/.test(value) ? undefined : value;
}

/** Checks a number of seconds against its bounds. Exponents, signs and hexadecimal are refused. */
export function checkSeconds(
  name: Variable,
  found: Setting | undefined,
  rule: { min: number; max: number; default: number; whole?: boolean },
): Checked<number> {
  const source = found?.source ?? 'environment';
  if (!found) return { value: rule.default, source, summary: `${rule.default} s` };
  const pattern = rule.whole ? /^\d+$/ : /^\d+(\.\d+)?$/;
  const seconds = pattern.test(found.value) ? Number(found.value) : Number.NaN;
  if (seconds >= rule.min && seconds <= rule.max) return { value: seconds, source, summary: `${seconds} s` };
  const kind = rule.whole ? 'a whole number' : 'a number';
  const fault = `${name} must be ${kind} from ${rule.min} to ${rule.max}.`;
  return { value: rule.default, source, fault, summary: 'malformed' };
}
