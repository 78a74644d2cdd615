import { domainToUnicode } from 'node:url';
import { cleanText, REDACTED } from './clean.js';
import { MIN_PRIVATE_LENGTH, privateValuesOf } from './private-values.js';
import { ANY_URL, isVendorUrl, plainSpelling, safeUrl } from './url.js';

/** Makes the texts and URLs of one record safe to show. */
export interface Cleaner {
  /** The text, clean, with the record's private values replaced. */
  text(text: string): string;
  /** The same for a text that has already been cleaned. */
  redact(text: string): string;
  /** Whether a URL may be shown, because it is not a callback of the record in any spelling. */
  allows(url: string): boolean;
}

/** The characters of an address without its scheme: printable ASCII without quotes and angle brackets. */
const ADDRESS_CHAR = '[!#-&(-;=?-~]';
/** Punctuation at the end of an address, which does not belong to it. The lookbehind keeps the time linear. */
const END_PUNCTUATION = /(?<![!(),.:;?\]}])[!(),.:;?\]}]+$/;

const escapeForPattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const oneOf = (texts: readonly string[]) => `(?:${texts.map(escapeForPattern).join('|')})`;

/** An address in the spellings that occur, in plain spelling: the host as punycode and Unicode, the path as given and normalised. */
interface Callback {
  hosts: string[];
  paths: string[];
}

function callbackOf([spelling, { hostname, pathname }]: [string, URL]): Callback {
  const givenPath = /^[^/]*\/\/[^/?#]*([^?#]*)/.exec(spelling)?.[1] ?? '';
  const paths = [pathname, givenPath].map((path) => plainSpelling(path).replace(/\/+$/, ''));
  return { hosts: [...new Set([hostname, domainToUnicode(hostname)])], paths: [...new Set(paths)] };
}

/** Matches an address in plain spelling by its host and path, whatever port and query; a longer path is another address. */
function callbackPattern({ hosts, paths }: Callback): string {
  return `${oneOf(hosts)}(?::\\d+)?${oneOf(paths)}(?=/?(?:$|[^\\w/.~-]|\\.(?!\\w)))`;
}

/** Matches what may be an address without its scheme. Beyond ASCII it has only what the callbacks have. */
function addressPattern(callbacks: readonly Callback[]): RegExp {
  const parts = callbacks.flatMap(({ hosts, paths }) => [...hosts, ...paths]).filter((part) => /[^!-~]/.test(part));
  return new RegExp(`(?:${parts.map((part) => `${escapeForPattern(part)}|`).join('')}${ADDRESS_CHAR})+`, 'gi');
}

/**
 * The cleaner of a record.
 * @param own ids that may be shown even if they also occur under a private key: the task id and the trace id
 */
export function cleanerOf(record: object, own: readonly (string | undefined)[]): Cleaner {
  const ownIds = new Set(own.map((id) => id?.toLowerCase() ?? ''));
  const { words, callbacks: found } = privateValuesOf(record, ownIds);
  const callbacks = [...found].map(callbackOf);
  const hosts = [...new Set(callbacks.flatMap((callback) => callback.hosts))];
  const namesHost = (plain: string) => hosts.some((host) => plain.includes(host));
  let patterns: RegExp[] | undefined;
  const isCallback = (address: string) => {
    if (hosts.length === 0) return false;
    const plain = plainSpelling(address);
    if (!namesHost(plain)) return false;
    // One pattern of many long addresses would be too large.
    patterns ??= callbacks.map((callback) => new RegExp(callbackPattern(callback)));
    return patterns.some((pattern) => pattern.test(plain));
  };
  const redactCallback = (address: string) =>
    isCallback(address) ? REDACTED + (END_PUNCTUATION.exec(address)?.[0] ?? '') : address;
  // The longest come first, because one value may be the beginning of another.
  const needles = [...words].sort((a, b) => b.length - a.length);

  const redact = (text: string) => {
    if (text.length < MIN_PRIVATE_LENGTH) return text;
    const lower = text.toLowerCase();
    // A plain search first, since hardly any text repeats a private value.
    const hits = needles.filter((word) => lower.includes(word));
    let redacted = text;
    if (hosts.length > 0 && namesHost(plainSpelling(text))) {
      redacted = redacted.replace(ANY_URL, redactCallback).replace(addressPattern(callbacks), redactCallback);
    }
    if (hits.length === 0) return redacted;
    return redacted.replace(new RegExp(hits.map(escapeForPattern).join('|'), 'gi'), REDACTED);
  };
  return { text: (text) => redact(cleanText(text)), redact, allows: (url) => !isCallback(url) };
}

/** UUIDs, and the 24 hexadecimal digits of the API's database. */
const ANY_ID = /(?<![\da-f])(?:[\da-f]{24}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?![\da-f])/gi;
const URL_OR_ID = new RegExp(`${ANY_URL.source}|${ANY_ID.source}`, 'gi');

/** What a message may name. */
export interface MessageContext {
  cleaner: Cleaner;
  /** The ids asked for, and the trace id. */
  ids: readonly (string | undefined)[];
  /** URLs that the reader sees anyway. */
  urls?: readonly string[];
}

/**
 * Redacts the API's message about a failed task or a failed lookup. It may contain a callback in yet another spelling, or
 * an id of the account that occurs nowhere else in the record. Therefore every URL and id is replaced by `[url]` or `[id]`,
 * except those that the reader already knows and the vendor's own addresses, in which only the ids are replaced.
 */
export function redactMessage(message: string, { cleaner, ids, urls = [] }: MessageContext): string {
  const knownIds = new Set(ids.map((id) => id?.toLowerCase()));
  const knownUrls = new Set(urls.map(safeUrl));
  const redactId = (id: string) => (knownIds.has(id.toLowerCase()) ? id : '[id]');
  const redacted = cleanText(message).replace(URL_OR_ID, (found) => {
    if (!/[:%]/.test(found)) return redactId(found);
    const url = safeUrl(found.replace(/\\+\//g, '/'));
    if (url === undefined || !cleaner.allows(url)) return '[url]';
    if (knownUrls.has(url)) return found;
    return isVendorUrl(url) ? found.replace(ANY_ID, redactId) : '[url]';
  });
  return cleaner.redact(redacted);
}
