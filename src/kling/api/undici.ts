// A module of its own, so that undici is loaded behind the first answer and its names survive the bundler.
export { Agent, EnvHttpProxyAgent } from 'undici';
