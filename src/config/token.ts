import { MIN_SECRET_LENGTH } from '../kling/text/clean.js';
import { present, type Setting, type Summarized, TOKEN_PLACEHOLDER } from './settings.js';

const CREATE_ONE = 'create one at https://platform.acedata.cloud';

const ORIGIN = { environment: 'from the environment', '.env': 'from .env in the working directory' } as const;

/**
 * The token in a variable's raw value, without what people copy along with it: white space, quotes, a leading
 * `Bearer`. Undefined for an empty value, the placeholder, and a `${…}` that the client did not expand.
 */
export function tokenIn(raw: string | undefined): string | undefined {
  const unquote = (text: string) => text.replace(/^(["'])(.*)\1$/s, '$2').trim();
  const token = unquote(unquote(present(raw) ?? '').replace(/^Bearer(\s+|$)/i, ''));
  return token === '' || token === TOKEN_PLACEHOLDER || token.includes('${') ? undefined : token;
}

/**
 * Checks the token. Quotes and backslashes are refused: JSON can spell them differently, so they would escape redaction.
 * So are fewer characters than can be redacted without destroying every text.
 * A `platform-` token is for managing the account, and the API does not accept it.
 */
export function checkToken(found: Setting | undefined): Summarized<string | undefined> {
  const refuse = (fault: string, summary: string) => ({
    value: undefined,
    fault: `ACEDATACLOUD_API_TOKEN ${fault}.`,
    ...(found ? { source: found.source, summary: `${summary}, ${ORIGIN[found.source]}` } : { summary }),
  });
  if (!found) return refuse(`is not set: ${CREATE_ONE}`, 'missing');
  if (!/^[!-~]{1,4096}$/.test(found.value) || /["'\\]/.test(found.value)) {
    return refuse('holds characters that no token has: copy it again', 'malformed');
  }
  if (found.value.length < MIN_SECRET_LENGTH) return refuse('is too short to be a token: copy it again', 'malformed');
  if (/^platform-/i.test(found.value)) {
    return refuse(`is a "platform-" token, not one for the API: ${CREATE_ONE}`, 'a "platform-" token');
  }
  return { ...found, summary: ORIGIN[found.source] };
}
