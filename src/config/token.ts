import { MIN_SECRET_LENGTH } from '../kling/text/clean.js';
import { type Checked, present, type Setting, TOKEN_PLACEHOLDER } from './settings.js';

const CREATE_ONE = 'create one at https://platform.acedata.cloud';

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
 * A `platform-` token is for managing the account, and the API does not accept it.
 */
export function checkToken(found: Setting | undefined): Checked<string> {
  if (!found) return { value: '', fault: `ACEDATACLOUD_API_TOKEN is not set: ${CREATE_ONE}.`, summary: 'missing' };
  const { value, source } = found;
  const refuse = (flaw: string, kind = 'malformed') => {
    return { value, source, fault: `ACEDATACLOUD_API_TOKEN ${flaw}.`, summary: `${kind}, from ${source}` };
  };
  if (!/^[!-~]{1,4096}$/.test(value) || /["'\\]/.test(value)) {
    return refuse('holds characters that no token has: copy it again');
  }
  if (value.length < MIN_SECRET_LENGTH) return refuse('is too short to be a token: copy it again');
  if (!/^platform-/i.test(value)) return { value, source, summary: `from ${source}` };
  return refuse(`is a "platform-" token, not one for the API: ${CREATE_ONE}`, 'a "platform-" token');
}
