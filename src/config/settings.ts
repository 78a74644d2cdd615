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

/** A value that is set, and where it was found. */
export interface Setting {
  value: string;
  source: 'the environment' | '.env in the working directory';
}

/** The variables that are set. */
export type Settings = ReadonlyMap<Variable, Setting>;

/** What a check makes of a setting. */
export interface Checked<T> {
  /** Must not be used if there is a fault. */
  value: T;
  /** What is wrong, in a sentence. */
  fault?: string;
  source?: Setting['source'] | undefined;
  /** What `--check` prints, without secrets. */
  summary: string;
}

/**
 * The value, trimmed; undefined if it counts as absent: blank, or the literal `${user_config.…}` that a client passes for an
 * optional field of the bundle that the user left empty.
 */
export function present(raw: string | undefined): string | undefined {
  const value = raw?.trim();
  return !value || /^\$\{user_config\.\w+\}$/.test(value) ? undefined : value;
}
