import { cleanLine, cleanText, REDACTED } from './clean.js';
import { type Callback, MIN_PRIVATE_LENGTH, privateValuesOf } from './private-values.js';
import { ANY_URL, MAX_URL, plainSpelling, safeUrl } from './url.js';

/** Makes the texts and URLs of one record safe to show. */
export type Cleaner = ReturnType<typeof cleanerOf>;

const escapeForPattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const oneOf = (texts: readonly string[]) => `(?:${[...new Set(texts)].map(escapeForPattern).join('|')})`;

/** Matches a callback in plain spelling by its host and path, whatever port and query; a longer path is another address. */
function callbackPattern({ hosts, paths }: Callback): RegExp {
  return new RegExp(`${oneOf(hosts)}(?::\\d+)?${oneOf(paths)}(?=/?(?:$|[^\\w/.~-]|\\.(?!\\w)))`);
}

/**
 * Matches what may be an address without its scheme: printable ASCII without quotes, angle brackets and punctuation at the
 * end, and beyond ASCII only the characters that callbacks have, because Chinese words follow an address without a space.
 */
function addressPattern(callbacks: readonly Callback[]): RegExp {
  const others = callbacks.flatMap(({ hosts, paths }) => [...hosts, ...paths].join('').match(/[^!-~\s]/g) ?? []);
  const characters = `[!#-&(-;=?-~${[...new Set(others)].join('')}]`;
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
  // The longest come first, because one value may be the beginning of another.
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  const hosts = callbacks.flatMap((callback) => callback.hosts);
  let patterns: RegExp[] | undefined;

  const namesCallback = (text: string) => {
    if (hosts.length === 0) return false;
    const plain = plainSpelling(text);
    // A plain search first, since hardly any text names a callback's host.
    if (!hosts.some((host) => plain.includes(host))) return false;
    patterns ??= callbacks.map(callbackPattern);
    return patterns.some((pattern) => pattern.test(plain));
  };

  const redactAddress = (address: string) => (namesCallback(address) ? REDACTED : address);

  const redact = (text: string) => {
    if (text.length < MIN_PRIVATE_LENGTH) return text;
    const lower = text.toLowerCase();
    const hits = longestFirst.filter((word) => lower.includes(word));
    // A pattern cannot be much longer, and whoever sends such a value has nothing to tell.
    if (hits.some((word) => word.length > MAX_URL)) return REDACTED;
    let redacted = text;
    if (namesCallback(text)) {
      redacted = redacted.replace(ANY_URL, redactAddress).replace(addressPattern(callbacks), redactAddress);
    }
    for (const word of hits) redacted = redacted.replace(new RegExp(escapeForPattern(word), 'gi'), REDACTED);
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
/** UUIDs, and the 24 hexadecimal digits of the API's database. */
const ANY_ID = /(?<![\da-f])(?:[\da-f]{24}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?![\da-f])/gi;
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
