import { type Checked, present, type Setting, TOKEN_PLACEHOLDER } from './settings.js';

const GET_ONE = 'create one at https://platform.acedata.cloud';

const ORIGIN = { environment: 'from the environment', '.env': 'from .env in the working directory' } as const;

/**
 * The token in a variable's raw value, freed from what people copy along with it: white space, quotes, a leading
 * `Bearer`. Undefined for an empty value, the placeholder, and a `${…}` that the client did not expand.
 */
export function tokenIn(raw: string | undefined): string | undefined {
  const unquote = (text: string) => text.replace(/^(["'])(.*)\1$/s, '$2').trim();
  const token = unquote(unquote(present(raw) ?? '').replace(/^Bearer(\s+|$)/i, ''));
  return token === '' || token === TOKEN_PLACEHOLDER || token.includes('${') ? undefined : token;
}

/**
 * Checks the token. Quotes and backslashes are refused, as JSON could spell them in another way and so defeat the
 * redaction. A `platform-` token is for the vendor's management API; its other APIs accept none of them.
 */
export function checkToken(found: Setting | undefined): Checked<string | undefined> {
  if (!found) {
    const fault = `ACEDATACLOUD_API_TOKEN is not set: ${GET_ONE}.`;
    return { value: undefined, source: 'environment', fault, summary: 'missing' };
  }
  const { value, source } = found;
  const refuse = (fault: string, what: string) => ({
    value: undefined,
    source,
    fault: `ACEDATACLOUD_API_TOKEN ${fault}.`,
    summary: `${what}, ${ORIGIN[source]}`,
  });
  if (!/^[!-~]{1,4096}$/.test(value) || /["'\\]/.test(value)) {
    return refuse('holds characters that no token has: copy it again', 'malformed');
  }
  if (/^platform-/i.test(value)) {
    return refuse(`is a "platform-" token, not one for the API: ${GET_ONE}`, 'a "platform-" token');
  }
  return { value, source, summary: ORIGIN[source] };
}
