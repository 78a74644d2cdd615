/** The longest URL that is shown, in characters. */
export const MAX_URL = 4096;

/** Whether a value is an http or https URL, of whatever length. */
export function isHttpUrl(value: unknown): value is string {
  return typeof value === 'string' && /^\s*https?:\/\//i.test(value) && URL.canParse(value);
}

/** A URL as a client may follow it: http or https, at most 4,096 characters, percent-encoded. Undefined for all else. */
export function safeUrl(value: unknown): string | undefined {
  if (!isHttpUrl(value) || value.length > MAX_URL) return undefined;
  const { href } = new URL(value);
  // Percent-encoding makes up to nine characters of one.
  return href.length > MAX_URL ? undefined : href;
}

/** Whether the URL, as `safeUrl` gives it, is an address of the vendor's. */
export function isVendorUrl(url: string): boolean {
  return /^https?:\/\/(?:[\w-]+\.)*acedata\.cloud(?::\d+)?(?:[/?#]|$)/.test(url);
}

/** What ends a URL: white space, quotes, brackets of mark-up, and the punctuation of Chinese, which knows no blanks. */
const END = String.raw`\s"'<>，。；：！？、（）【】「」『』“”‘’`;

/**
 * URLs of any scheme inside a text, also with escaped slashes or percent-encoded; the punctuation that ends a sentence
 * is not taken for a part of them.
 */
export const ANY_URL = new RegExp(
  String.raw`(?<![a-z\d+.-])[a-z\d+.-]+(?::|%(?:25)*3a)(?:\\{0,8}/|%(?:25)*2f){2}[^${END}]*[^${END}.,;:!?)\]}]`,
  'gi',
);

/** A text in which all spellings of an address read alike: without escapes and percent-encoding, in lower case. */
export function plainSpelling(text: string): string {
  let plain = text;
  // An address inside the query of another is encoded once more, and that again in the next.
  for (let round = 0; round < 5 && plain.includes('%'); round++) {
    plain = plain.replace(/(?:%[\da-f]{2})+/gi, (encoded) => {
      try {
        return decodeURIComponent(encoded);
      } catch {
        return encoded;
      }
    });
  }
  return plain.replace(/\\+\//g, '/').toLowerCase();
}
