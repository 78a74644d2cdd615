import { type Checked, isLoopback, present } from './variables.js';

/** In order of precedence. Requests go to an https URL, but many people set only HTTP_PROXY, so it counts as well. */
const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'];

/** The first variable that is set, in lower case before upper case, as curl and undici do. */
function firstSet(environment: NodeJS.ProcessEnv, names: string[]): { name: string; value: string } | undefined {
  for (const name of names.flatMap((upper) => [upper.toLowerCase(), upper])) {
    const value = present(environment[name]);
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

/** Whether NO_PROXY exempts the host: by its name, by a parent domain, with or without a port, or by `*`. */
function isExempt({ hostname, port }: URL, noProxy: string): boolean {
  return noProxy.split(/[,\s]+/).some((entry) => {
    if (entry === '*') return true;
    const [, domain = '', entryPort] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const samePort = entryPort === undefined || entryPort === (port || '443');
    return domain !== '' && samePort && (hostname === domain || hostname.endsWith(`.${domain}`));
  });
}

/** What is wrong with a proxy's URL, as the end of a sentence; undefined if it can be used. */
function flawOf(url: string): string | undefined {
  try {
    const { protocol, username, password } = new URL(url);
    // undici decodes them, but would throw on a stray percent sign only at the first call.
    decodeURIComponent(username + password);
    if (/^https?:$/.test(protocol)) return undefined;
    return `is a ${protocol.slice(0, -1)} proxy, but only http and https ones work`;
  } catch {
    return 'must be a URL such as http://proxy.example:8080';
  }
}

/**
 * Decides which proxy lookups take, if any. A malformed variable is a fault only if it would be used. NO_PROXY is
 * applied here, once and for all: without a proxy all requests go directly.
 */
export function checkProxy(environment: NodeJS.ProcessEnv, baseUrl: URL): Checked<string | undefined> {
  const found = firstSet(environment, PROXY_VARIABLES);
  if (!found) return { value: undefined, summary: 'none' };
  if (isLoopback(baseUrl)) return { value: undefined, summary: 'none, as the API is on this machine' };
  const noProxy = firstSet(environment, ['NO_PROXY']);
  if (noProxy && isExempt(baseUrl, noProxy.value)) {
    return { value: undefined, summary: `none, as ${noProxy.name} exempts the host` };
  }
  const url = found.value.includes('://') ? found.value : `http://${found.value}`;
  const flaw = flawOf(url);
  if (flaw) return { value: undefined, fault: `${found.name} ${flaw}.`, summary: `unusable (${found.name})` };
  const { protocol, host } = new URL(url);
  return { value: url, summary: `${protocol}//${host} (${found.name})` };
}
