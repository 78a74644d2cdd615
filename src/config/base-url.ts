import { type Checked, DEFAULTS, type Setting } from './settings.js';

const ENDPOINT = /\/kling\/tasks\/*$/i;

/** Whether a URL's host is this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * Checks the base URL, to which the client appends `/kling/tasks`: https, or http on this machine. A refused value is
 * still returned if it is a URL at all, because its host decides whether a proxy would be used.
 */
export function checkBaseUrl(found: Setting | undefined): Checked<URL> {
  const fallback = new URL(DEFAULTS.baseUrl);
  if (!found) return { value: fallback, summary: fallback.href };
  const { value, source } = found;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const secure = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)));
  if (!url || !secure || url.username || url.password || /[?#]/.test(value)) {
    const fault =
      'ACEDATACLOUD_API_BASE_URL must be an https URL without user, query or fragment (http only on localhost).';
    return { value: url ?? fallback, source, fault, summary: 'malformed' };
  }
  if (ENDPOINT.test(url.pathname)) {
    const intended = url.origin + url.pathname.replace(ENDPOINT, '');
    const fault = `ACEDATACLOUD_API_BASE_URL is the endpoint itself: set ${intended} instead.`;
    return { value: url, source, fault, summary: `${url.href} is the endpoint itself` };
  }
  return { value: url, source, summary: url.href };
}
