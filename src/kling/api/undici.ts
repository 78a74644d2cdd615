// A module of its own, loaded with the first request: imported dynamically, the bundled package itself, which is CommonJS,
// would have no named exports.
export { Agent, ProxyAgent } from 'undici';
