/**
 * Numbers that the server, its texts and the view share, in seconds. They stand in a file of their own because the view is
 * one small page, into which nothing else of the server may come.
 */

/** What the API documents as polite: a first lookup after 10 s, then one every 10 s. */
export const POLL_INTERVAL_S = 10;
/** When the vendor's own tools give up on a task. */
export const GIVE_UP_AFTER_S = 30 * 60;
/** The longest wait of a call, unless the user sets another: most clients give up on a call after 60 s. */
export const DEFAULT_MAX_WAIT_S = 50;
