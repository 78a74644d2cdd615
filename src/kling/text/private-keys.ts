/**
 * Fields that identify the vendor's internals or the account and are never shown. `task_id` and `trace_id` are not among
 * them.
 */
const INTERNAL_KEYS = new Set([
  '_id',
  'user_id',
  'actor_user_id',
  'api_id',
  'application_id',
  'credential_id',
  'authorization_id',
  'job_id',
]);

/** Whether a key holds what must not be shown: an internal id, or a callback address, which may carry secrets. */
export function isPrivateKey(key: string): boolean {
  const name = key.toLowerCase();
  return INTERNAL_KEYS.has(name) || /callback|webhook|notify/.test(name);
}
