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

/** A value that is set, and where it was found. */
export interface Setting {
  value: string;
  source: Source;
}

/** A setting that has been checked. If something is wrong, `fault` says what in a sentence, and `value` must not be used. */
export interface Checked<T> {
  value: T;
  fault?: string;
  source?: Source;
}

/** A setting that `--check` reports: `summary` is what it prints, without secrets. */
export interface Summarized<T> extends Checked<T> {
  summary: string;
}

/**
 * Trims a value; undefined if it counts as absent. Absent are blank values, and the literal `${user_config.…}` that a client
 * passes for an optional field of the bundle that the user left empty.
 */
export function present(raw: string | undefined): string | undefined {
  const value = raw?.trim();
  return !value || /^\$\{user_config\.\w+\}$/.test(value) ? undefined : value;
}
