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
  const text = found?.value ?? DEFAULTS.baseUrl;
  const url = new URL(URL.canParse(text) ? text : DEFAULTS.baseUrl);
  const common = { value: url, source: found?.source };
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  if (!URL.canParse(text) || !isSecure || url.username || url.password || /[?#]/.test(text)) {
    const rule = 'must be an https URL without user, query or fragment (http only on localhost).';
    return { ...common, fault: `ACEDATACLOUD_API_BASE_URL ${rule}`, summary: 'malformed' };
  }
  if (ENDPOINT.test(url.pathname)) {
    const intended = url.origin + url.pathname.replace(ENDPOINT, '');
    const fault = `ACEDATACLOUD_API_BASE_URL is the endpoint itself: set ${intended} instead.`;
    return { ...common, fault, summary: `${url.href} is the endpoint itself` };
  }
  return { ...common, summary: url.href };
}
