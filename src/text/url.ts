/** The longest URL that is shown, in characters. */
const MAX_URL = 4096;

/** The parsed URL if a value is an http or https URL. Not by `URL.canParse`: once V8 has optimised that, Node 20 refuses hosts with Latin-1 letters. */
export function httpUrlOf(value: unknown): URL | undefined {
  if (typeof value !== 'string' || !/^\s*https?:\/\//i.test(value)) return undefined;
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

/** Whether a value is an http or https URL, of whatever length. */
export function isHttpUrl(value: unknown): value is string {
  return httpUrlOf(value) !== undefined;
}

/** A URL that a client may follow: http or https, percent-encoded, at most 4,096 characters. Undefined for anything else. */
export function safeUrl(value: unknown): string | undefined {
  const href = httpUrlOf(value)?.href;
  return href === undefined || href.length > MAX_URL ? undefined : href;
}

/** What ends a URL: white space, quotes, angle brackets, and Chinese punctuation, which is not followed by a space. */
const END = String.raw`\s"'<>，。；：！？、（）【】「」『』“”‘’`;

/**
 * URLs of any scheme in a text, without the punctuation behind them; their slashes may be escaped or percent-encoded. The
 * lookbehind keeps the time linear.
 */
export const ANY_URL = new RegExp(
  String.raw`(?<![a-z\d+.-])[a-z\d+.-]+(?::|%(?:25)*3a)(?:\\*/|%(?:25)*2f){2}[^${END}]*[^${END}.,;:!?)\]}]`,
  'gi',
);
