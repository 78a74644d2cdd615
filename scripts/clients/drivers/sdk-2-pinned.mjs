import { connect as connectAs } from './sdk-2.mjs';

/** The same SDK where the host insists on 2026-07-28: without it there is no connection. */
export const connect = (server) => connectAs(server, { pin: '2026-07-28' });
