import { ProtocolErrorCode } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { FakeApi } from '../support/fake-api.js';
import { getTask, initialize, request } from '../support/protocol.js';
import { completedRecord, pendingRecord } from '../support/records.js';
import { ServerProcess } from '../support/server-process.js';

/** A server, its fake API, and how to end the latter. */
interface Scene {
  server: ServerProcess;
  fakeApi: FakeApi;
}

/** The states in which a server can be shut down; each resolves once the server is in it. */
const STATES = {
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

type State = keyof typeof STATES;

/** Starts a server with two tasks to ask for, brings it into the state and runs what is to be seen there. */
async function inState(state: State, run: (scene: Scene) => Promise<void>): Promise<void> {
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

const ALL = Object.keys(STATES) as State[];
/** How much longer a busy machine may take than promised. */
const SLACK_MS = 1000;

/** Expects that the process ends by itself with code 0, within the time from the given act. */
async function expectEnd({ server }: Scene, limitMs: number, act: () => void) {
  const startMs = performance.now();
  act();
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - startMs).toBeLessThan(limitMs + SLACK_MS);
}

test.each(ALL.filter((state) => state !== 'with a call in flight'))(
  'stdin EOF %s: ends within 2 s with code 0',
  async (state) => {
    await inState(state, (scene) => expectEnd(scene, 2000, () => scene.server.child.stdin.end()));
  },
);

test.each(ALL)('SIGTERM %s: ends within 1 s with code 0', async (state) => {
  await inState(state, (scene) => expectEnd(scene, 1000, () => scene.server.child.kill('SIGTERM')));
});

test.each(['SIGINT', 'SIGHUP'] as const)('%s with a call in flight: the same', async (signal) => {
  await inState('with a call in flight', (scene) => expectEnd(scene, 1000, () => scene.server.child.kill(signal)));
});

test('SIGTERM after stdin EOF: ends within 1 s with code 0', async () => {
  await inState('with a call in flight', async (scene) => {
    scene.server.child.stdin.end();
    await scene.server.logged('stdin closed');
    await expectEnd(scene, 1000, () => scene.server.child.kill('SIGTERM'));
  });
});

test('stdin EOF with a call in flight: ends within 2 s with code 0, answered `timeout` when the API stays silent', async () => {
  await inState('with a call in flight', async (scene) => {
    await expectEnd(scene, 2000, () => scene.server.child.stdin.end());
    const text = expect.stringMatching(/^\[timeout\] .*No answer in \d\.\d s, before the client closed/);
    expect(await scene.server.answer('call')).toMatchObject({ result: { isError: true, content: [{ text }] } });
  });
});

test('300 calls at once: each is answered with its own task', async () => {
  const ids = Array.from({ length: 300 }, (_, number) => `task-${number}`);
  const fakeApi = await FakeApi.start(ids.map((id) => completedRecord(id)));
  const server = new ServerProcess({ fakeApi, env: { LOG_LEVEL: 'info' } });
  for (const id of ids) server.write(getTask(id, id));
  for (const id of ids) {
    expect(await server.answer(id)).toMatchObject({ result: { structuredContent: { result: { task_id: id } } } });
  }
  expect(await server.close()).toEqual({ code: 0, signal: null });
  // Node warns of leaking listeners.
  expect(server.stderr).not.toMatch(/warning/i);
  await fakeApi.close();
});

test('EOF right behind piped requests: megabytes of answers are flushed whole, also to a slow reader', async () => {
  const server = new ServerProcess();
  server.child.stdout.pause();
  for (let id = 0; id < 500; id++) server.write(request(id, 'tools/list'));
  server.child.stdin.end();
  await server.logged('stdin closed');
  server.child.stdout.resume();
  await server.close();
  expect(server.stdout.length).toBeGreaterThan(2_000_000);
  expect(server.messages.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, id) => id));
});

test.each(['idle', 'with a reader that does not read'] as const)(
  'stdout closed by the reader %s: what is to be written ends it with code 0, stdin still open',
  async (state) => {
    await inState(state, (scene) =>
      expectEnd(scene, 1000, () => {
        scene.server.child.stdout.destroy();
        // The answers that are still to be written show it, too.
        if (state === 'idle') scene.server.write(request(1, 'ping'));
      }),
    );
  },
);

test('stderr closed by the reader: the server goes on, without a log', async () => {
  await inState('idle', async ({ server }) => {
    server.child.stderr.destroy();
    for (let id = 0; id < 20; id++) {
      server.write(getTask(id, 'task-1'));
      expect(await server.answer(id)).toMatchObject({ result: { structuredContent: {} } });
    }
    expect(await server.close()).toEqual({ code: 0, signal: null });
  });
});

test('a line of 200 MiB: refused, costs no memory, and the next one counts', async () => {
  await inState('idle', async ({ server }) => {
    const before = await server.residentBytes();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < 200; sent++) await new Promise((resolve) => server.child.stdin.write(chunk, resolve));
    expect(await server.replies('\n')).toMatchObject([{ error: { code: ProtocolErrorCode.InvalidRequest } }]);
    expect((await server.residentBytes()) - before).toBeLessThan(100 * 1024 * 1024);
  });
});

test('an uncaught exception: logged, and the process ends with code 1', async () => {
  const server = new ServerProcess({ env: preload(`process.on('SIGUSR2', () => { throw new Error('boom'); })`) });
  await initialize(server);
  expect(await server.kill('SIGUSR2')).toEqual({ code: 1, signal: null });
  expect(server.stderr).toMatch(/error: Error: boom\n/);
});

test('a stray console.log: goes to stderr', async () => {
  const server = new ServerProcess({ env: preload(`process.on('SIGUSR2', () => console.log('stray'))`) });
  await initialize(server);
  server.child.kill('SIGUSR2');
  await server.logged('stray\n');
  await server.close();
  expect(server.messages).toHaveLength(1);
});

/** The environment that runs the code in the server's process before the server. */
function preload(code: string) {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}
