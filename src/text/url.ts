/** The longest URL that is shown, in characters. */
export const MAX_URL = 4096;

/** A parsed URL. Not by `URL.canParse`: once V8 has optimised that, Node 20 refuses hosts with Latin-1 letters. */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function httpUrlOf(value: unknown): URL | undefined {
  return typeof value === 'string' && /^\s*https?:\/\//i.test(value) ? parseUrl(value) : undefined;
}

/** Whether a value is an http or https URL, of whatever length. */
export function isHttpUrl(value: unknown): value is string {
  return httpUrlOf(value) !== undefined;
}

/** A URL that a client may follow: http or https, percent-encoded, at most 4,096 characters. Undefined for anything else. */
export function safeUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_URL) return undefined;
  const href = httpUrlOf(value)?.href;
  // Percent-encoding can turn one character into nine.
  return href === undefined || href.length > MAX_URL ? undefined : href;
}

/** What ends a URL: white space, quotes, angle brackets, and Chinese punctuation, which is not followed by a space. */
const END = String.raw`\s"'<>，。；：！？、（）【】「」『』“”‘’`;

/** URLs of any scheme in a text, even with escaped or percent-encoded slashes; without punctuation behind them. */
export const ANY_URL = new RegExp(
  String.raw`(?<![a-z\d+.-])[a-z\d+.-]+(?::|%(?:25)*3a)(?:\\{0,8}/|%(?:25)*2f){2}[^${END}]*[^${END}.,;:!?)\]}]`,
  'gi',
);

/** A text in which all spellings of an address look alike: no escapes, percent-encoding or ports, single slashes, lower case. */
export function plainSpelling(text: string): string {
  let plain = text;
  // An address in the query of another is encoded twice, one in the query of that three times, and so on.
  for (let round = 0; round < 5 && plain.includes('%'); round++) {
    plain = plain.replace(/(?:%[\da-f]{2})+/gi, (encoded) => {
      try {
        return decodeURIComponent(encoded);
      } catch {
        return encoded;
      }
    });
  }
  // The lookbehind keeps the time linear when a text is full of backslashes.
  const unescaped = plain.replace(/(?<!\\)(?:\\*\/)+/g, '/');
  return unescaped.replace(/:\d+(?=\/)/g, '').toLowerCase();
}
