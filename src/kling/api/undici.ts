// A separate module, so that undici is loaded only after the first answer, and only these two names are bundled.
export { Agent, ProxyAgent } from 'undici';
