import { FakeApi } from './fake-api.js';
import { getTask, initialize, request } from './protocol.js';
import { completedRecord, pendingRecord } from './records.js';
import { ServerProcess } from './server-process.js';

/** A server, its fake API, and how to end the latter. */
export interface Scene {
  server: ServerProcess;
  fakeApi: FakeApi;
}

/** The states in which a server can be shut down; each resolves once the server is in it. */
export const STATES = {
  'before `initialize`': ({ server }: Scene) => server.logged('serving'),
  idle: ({ server }: Scene) => initialize(server),
  'with a call in flight': async ({ server, fakeApi }: Scene) => {
    await initialize(server);
    fakeApi.hold();
    server.write(getTask('call', 'task-1'));
    await fakeApi.received(1);
  },
  'while waiting': async ({ server }: Scene) => {
    await initialize(server);
    server.write(getTask('call', 'pending-1', 50));
    await server.logged('lookup of 1: HTTP 200');
  },
  'with a reader that does not read': async ({ server }: Scene) => {
    await initialize(server);
    server.child.stdout.pause();
    // The answers exceed the capacity of the pipe, so the rest stays in the process.
    const requests = Array.from({ length: 300 }, (_, id) => `${JSON.stringify(request(id, 'tools/list'))}\n`);
    await new Promise((resolve) => server.child.stdin.write(requests.join(''), resolve));
  },
} satisfies Record<string, (scene: Scene) => Promise<unknown>>;

export type State = keyof typeof STATES;

/** Starts a server with two tasks to ask for, brings it into the state and runs what is to be seen there. */
export async function inState(state: State, run: (scene: Scene) => Promise<void>): Promise<void> {
  const fakeApi = await FakeApi.start([completedRecord('task-1'), pendingRecord('pending-1')]);
  const server = new ServerProcess({ fakeApi });
  try {
    await STATES[state]({ server, fakeApi });
    await run({ server, fakeApi });
  } finally {
    server.child.kill('SIGKILL');
    await server.exited;
    await fakeApi.close();
  }
}
