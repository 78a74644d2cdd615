const MAX_URL = 4096;

/** A URL as a client may follow it: http or https, of a bearable length, percent-encoded. Undefined for all else. */
export function safeUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_URL) return undefined;
  if (!/^\s*https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const { href } = new URL(value);
  // Percent-encoding makes up to nine characters of one.
  return href.length > MAX_URL ? undefined : href;
}
