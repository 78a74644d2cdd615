/**
 * The parsed URL if a value is an http or https URL. Not by `URL.canParse`: once V8 has optimised that, Node 20 refuses hosts
 * with Latin-1 letters.
 */
export function httpUrlOf(value: unknown): URL | undefined {
  if (typeof value !== 'string' || !/^\s*https?:\/\//i.test(value)) return undefined;
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

/** An http or https URL as a client may follow it: percent-encoded. Undefined for anything else. */
export function hrefOf(value: unknown): string | undefined {
  return httpUrlOf(value)?.href;
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
