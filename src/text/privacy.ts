import { cleanLine, cleanText, REDACTED } from './clean.js';
import { MIN_PRIVATE_LENGTH, privateValuesOf } from './private-values.js';
import { ANY_URL, MAX_URL, plainSpelling, safeUrl } from './url.js';

/** Makes the texts and URLs of one record safe to show. */
export type Cleaner = ReturnType<typeof cleanerOf>;

const escapeForPattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** What follows the address of a callback; a longer path is another address. */
const ADDRESS_END = String.raw`(?=/?(?:$|[^\w/.~-]|\.(?!\w)))`;

/**
 * Matches what may be an address without its scheme: printable ASCII without quotes, angle brackets and punctuation at the
 * end, and beyond ASCII only the characters that callbacks have, because Chinese words follow an address without a space.
 */
function addressPattern(callbacks: readonly string[]): RegExp {
  const others = new Set(callbacks.join('').match(/[^!-~\s]/g));
  const characters = `[!#-&(-;=?-~${[...others].join('')}]`;
  // The first lookbehind keeps the time linear.
  return new RegExp(`(?<!${characters})${characters}+(?<![!(),.:;?\\]}])`, 'gi');
}

/**
 * The cleaner of a record.
 * @param own ids that may be shown even if they also occur under a private key: those of the task and the trace
 */
export function cleanerOf(record: object, own: readonly (string | undefined)[]) {
  const ownIds = new Set(own.map((id) => id?.toLowerCase() ?? ''));
  const { words, callbacks } = privateValuesOf(record, ownIds);

  const namesCallback = (text: string) => {
    if (callbacks.length === 0) return false;
    const plain = plainSpelling(text);
    // A plain search first, since hardly any text names a callback.
    const isIn = (address: string) =>
      plain.includes(address) && new RegExp(escapeForPattern(address) + ADDRESS_END).test(plain);
    return callbacks.some(isIn);
  };
  const redactAddress = (address: string) => (namesCallback(address) ? REDACTED : address);

  const redact = (text: string) => {
    if (text.length < MIN_PRIVATE_LENGTH) return text;
    const lower = text.toLowerCase();
    const found = words.filter((word) => lower.includes(word));
    // A pattern cannot be much longer, and whoever sends such a value has nothing to tell.
    if (found.some((word) => word.length > MAX_URL)) return REDACTED;
    let redacted = text;
    if (namesCallback(text)) {
      redacted = redacted.replace(ANY_URL, redactAddress).replace(addressPattern(callbacks), redactAddress);
      // One with white space in its path is found in no single address.
      if (namesCallback(redacted)) return REDACTED;
    }
    for (const word of found) redacted = redacted.replace(new RegExp(escapeForPattern(word), 'gi'), REDACTED);
    return redacted;
  };

  return {
    /** In lower case. */
    ownIds,
    /** A clean text with the record's private values replaced. */
    redact,
    /** Any text, clean and redacted, on one line, at most `max` UTF-16 units long; undefined if nothing is left. */
    line: (text: string | undefined, max: number) => cleanLine(redact(cleanText(text ?? '')), max) || undefined,
    /** Whether a URL may be shown, because it contains no callback of the record in any spelling. */
    allows: (url: string) => !namesCallback(url),
  };
}

const VENDOR_URL = /^https?:\/\/(?:[\w-]+\.)*acedata\.cloud(?::\d+)?(?:[/?#]|$)/;
/** UUIDs, and runs of hexadecimal digits that are long enough for an id of the API's database (24). */
const ANY_ID = /(?<![\da-f])(?:[\da-f]{24,}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?![\da-f])/gi;
const URL_OR_ID = new RegExp(`${ANY_URL.source}|${ANY_ID.source}`, 'gi');

/**
 * Redacts the API's message about a failed task or a failed lookup. It may contain a callback in yet another spelling, or
 * an id of the account that occurs nowhere else in the record. Therefore every URL and id is replaced by `[url]` or `[id]`,
 * except the record's own ids and the vendor's own addresses, in which only the ids are replaced.
 * @param shown what the reader sees anyway; the URLs among it stay
 */
export function redactMessage(message: string, cleaner: Cleaner, shown: readonly unknown[] = []): string {
  const knownUrls = new Set(shown.map(safeUrl));
  const redactId = (id: string) => (cleaner.ownIds.has(id.toLowerCase()) ? id : '[id]');
  const redacted = cleanText(message).replace(URL_OR_ID, (found) => {
    if (!/[:%]/.test(found)) return redactId(found);
    const url = safeUrl(found.replace(/\\+\//g, '/'));
    if (url === undefined || !cleaner.allows(url)) return '[url]';
    if (knownUrls.has(url)) return found;
    return VENDOR_URL.test(url) ? found.replace(ANY_ID, redactId) : '[url]';
  });
  return cleaner.redact(redacted);
}
