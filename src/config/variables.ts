import { DEFAULT_MAX_WAIT_S } from '../limits.js';
import { MIN_SECRET_LENGTH } from '../text/clean.js';

/** The server's own variables, in the order of the documentation; the numbers are seconds. */
export const VARIABLES = {
  // The token in .env.example.
  ACEDATACLOUD_API_TOKEN: { placeholder: 'your-token' },
  ACEDATACLOUD_API_BASE_URL: { default: 'https://api.acedata.cloud' },
  KLING_REQUEST_TIMEOUT: { default: 30, min: 1, max: 1800 },
  KLING_MAX_WAIT: { default: DEFAULT_MAX_WAIT_S, min: 0, max: 3600 },
  LOG_LEVEL: { default: 'warn' },
} as const;

/** The values that are set, by the names of their variables. */
export type Settings = ReadonlyMap<string, string>;

export type TokenSource = 'the environment' | '.env in the working directory';

/** What a check makes of a setting. */
export interface Checked<T> {
  /** Must not be used if there is a fault. */
  value: T;
  /** What is wrong, in a sentence. */
  fault?: string | undefined;
}

/** A check whose outcome `--check` prints, without secrets. */
export interface Summarized<T> extends Checked<T> {
  summary: string;
}

/**
 * The value of a variable, trimmed; undefined if it counts as missing: blank, or with a `${…}` in it that nobody expanded, as
 * a client passes for a variable that it does not have, or for a field of the bundle that the user left empty.
 */
export function present(raw: string | undefined): string | undefined {
  const value = raw?.trim();
  return !value || /\$\{.*\}/.test(value) ? undefined : value;
}

/** The token in a variable's raw value, without what people copy along with it: white space, quotes, a leading `Bearer`. */
export function tokenIn(raw: string | undefined): string | undefined {
  const unquote = (text: string) => text.replace(/^(["'])(.*)\1$/s, '$2').trim();
  return unquote(unquote(present(raw) ?? '').replace(/^Bearer(\s+|$)/i, '')) || undefined;
}

const CREATE_ONE = 'create one at https://platform.acedata.cloud';

/**
 * Checks the token. Quotes and backslashes are refused: JSON can spell them differently, so they would escape redaction.
 * A `platform-` token is for managing the account, and the API does not accept it.
 */
export function checkToken(value: string | undefined, source: TokenSource): Summarized<string> {
  if (!value) return { value: '', fault: `ACEDATACLOUD_API_TOKEN is not set: ${CREATE_ONE}.`, summary: 'missing' };
  const refuse = (flaw: string) => {
    return { value, fault: `ACEDATACLOUD_API_TOKEN ${flaw}.`, summary: `unusable, from ${source}` };
  };
  // The placeholder is no secret: as a value, it would be redacted.
  if (value === VARIABLES.ACEDATACLOUD_API_TOKEN.placeholder) {
    return { ...refuse(`is still the placeholder ${value}: ${CREATE_ONE}`), value: '' };
  }
  if (!/^[!-~]{1,4096}$/.test(value) || /["'\\]/.test(value)) {
    return refuse('holds characters that no token has: copy it again');
  }
  if (value.length < MIN_SECRET_LENGTH) return refuse('is too short to be a token: copy it again');
  if (!/^platform-/i.test(value)) return { value, summary: `from ${source}` };
  return refuse(`is a "platform-" token, not one for the API: ${CREATE_ONE}`);
}

const DEFAULT_BASE_URL: string = VARIABLES.ACEDATACLOUD_API_BASE_URL.default;
const ENDPOINT = /\/kling\/tasks\/*$/i;

/** Whether a URL's host is this machine. */
export const isLoopback = ({ hostname }: URL) => /^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/.test(hostname);

/**
 * Checks the base URL, to which the client appends `/kling/tasks`: https, or http on this machine. A refused value is
 * still returned if it is a URL at all, because its host decides whether a proxy would be used.
 */
export function checkBaseUrl(text = DEFAULT_BASE_URL): Summarized<URL> {
  const url = new URL(URL.canParse(text) ? text : DEFAULT_BASE_URL);
  const checked = { value: url, summary: url.href };
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  if (!URL.canParse(text) || !isSecure || url.username || url.password || /[?#]/.test(text)) {
    const rule = 'must be an https URL without user, query or fragment (http only on localhost).';
    return { ...checked, fault: `ACEDATACLOUD_API_BASE_URL ${rule}`, summary: 'unusable' };
  }
  if (!ENDPOINT.test(url.pathname)) return checked;
  const intended = url.origin + url.pathname.replace(ENDPOINT, '');
  const fault = `ACEDATACLOUD_API_BASE_URL is the endpoint itself: set ${intended} instead.`;
  return { ...checked, fault, summary: 'unusable' };
}

/** A number of seconds within its bounds, a whole one for a wait; exponents, signs and hexadecimal are refused. */
export function checkSeconds(settings: Settings, name: 'KLING_REQUEST_TIMEOUT' | 'KLING_MAX_WAIT'): Checked<number> {
  const { default: standard, min, max } = VARIABLES[name];
  const text = settings.get(name) ?? String(standard);
  const [kind, pattern] = name === 'KLING_MAX_WAIT' ? ['whole number', /^\d+$/] : ['number', /^\d+(\.\d+)?$/];
  const value = Number(text);
  if (pattern.test(text) && value >= min && value <= max) return { value };
  return { value: standard, fault: `${name} must be a ${kind} of seconds from ${min} to ${max}.` };
}
