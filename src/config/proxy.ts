import { isLoopback, present, type Summarized } from './variables.js';

/**
 * In order of precedence: lower case goes before upper case, as in curl and undici. Requests go to an https URL, but many
 * people set only HTTP_PROXY, so it counts as well.
 */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];

/** Whether NO_PROXY exempts the host: by its name, by a parent domain, with or without a port, or by `*`. */
function isExempt({ hostname, port }: URL, noProxy = ''): boolean {
  return noProxy.split(/[,\s]+/).some((entry) => {
    if (entry === '*') return true;
    const [, domain = '', entryPort] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const samePort = entryPort === undefined || entryPort === (port || '443');
    return domain !== '' && samePort && (hostname === domain || hostname.endsWith(`.${domain}`));
  });
}

/**
 * Decides which proxy lookups take, if any. A malformed variable is a fault only if it would be used. NO_PROXY is
 * applied here, once and for all: without a proxy all requests go directly.
 */
export function checkProxy(environment: NodeJS.ProcessEnv, baseUrl: URL): Summarized<string | undefined> {
  const read = (name = '') => present(environment[name]);
  const name = PROXY_VARIABLES.find(read);
  const text = read(name);
  if (text === undefined) return { value: undefined, summary: 'none' };
  if (isLoopback(baseUrl)) return { value: undefined, summary: 'none, as the API is on this machine' };
  const noProxy = ['no_proxy', 'NO_PROXY'].find(read);
  if (isExempt(baseUrl, read(noProxy))) return { value: undefined, summary: `none, as ${noProxy} exempts the host` };
  const refuse = (flaw: string) => ({ value: undefined, fault: `${name} ${flaw}.`, summary: `unusable (${name})` });
  const url = text.includes('://') ? text : `http://${text}`;
  try {
    const { protocol, host, username, password } = new URL(url);
    // undici decodes them, but would throw on a stray percent sign only at the first call.
    decodeURIComponent(username + password);
    if (/^https?:$/.test(protocol)) return { value: url, summary: `${protocol}//${host} (${name})` };
    return refuse(`is a ${protocol.slice(0, -1)} proxy, but only http and https ones work`);
  } catch {
    return refuse('must be a URL such as http://proxy.example:8080');
  }
}
