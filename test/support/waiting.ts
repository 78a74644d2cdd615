import { test } from 'vitest';
import { FakeApi, type TaskSource } from './fake-api.js';
import { inProcess } from './in-process.js';
import { completedRecord, type Json, pendingRecord } from './records.js';
import { type ServerOptions, Session, type ToolResult } from './server-process.js';

/** A call's result, when the call was made (`performance.now()`) and how long it took. */
interface Timed {
  result: ToolResult;
  callMs: number;
  seconds: number;
}

/** What a case works with. */
export interface Setup {
  fakeApi: FakeApi;
  session: Session;
  /** Calls a tool, and tells how long that took. */
  timed(name: string, args: Json): Promise<Timed>;
}

async function time(call: Promise<ToolResult>): Promise<Timed> {
  const callMs = performance.now();
  const result = await call;
  return { result, callMs, seconds: (performance.now() - callMs) / 1000 };
}

/** Real seconds pass here, so the cases run side by side, each with a fake API and a server of its own. */
export function waiting(
  name: string,
  tasks: TaskSource[],
  run: (setup: Setup) => Promise<void>,
  options?: ServerOptions,
): void {
  test(name, async () => {
    const fakeApi = await FakeApi.start(tasks);
    const session = await Session.start({ fakeApi, ...options });
    try {
      await run({ fakeApi, session, timed: (tool, args) => time(session.call(tool, args)) });
    } finally {
      await session.close();
      await fakeApi.close();
    }
  });
}

/** The same without a server process, of which twenty at once keep a small machine from looking in time. */
export function waitingInProcess(
  name: string,
  tasks: TaskSource[],
  run: (setup: Pick<Setup, 'fakeApi' | 'timed'>) => Promise<void>,
): void {
  test(name, () =>
    inProcess({ tasks }, ({ fakeApi, call }) => run({ fakeApi, timed: (tool, args) => time(call(tool, args)) })),
  );
}

/** A task, a minute old unless told otherwise, that ends the given time after it was first looked at. */
export function endsAfter(id: string, seconds: number, ended: Json = completedRecord(id), ageSeconds = 60): TaskSource {
  let endMs: number | undefined;
  let looked = false;
  return () => {
    // The first call only tells the fake API the id.
    if (looked) endMs ??= performance.now() + seconds * 1000;
    looked = true;
    return endMs !== undefined && performance.now() >= endMs ? ended : pendingRecord(id, 'processing', ageSeconds);
  };
}

/** A task that one replica knows only from the given look on. */
export function knownFromLook(look: number, record: Json): TaskSource {
  let looks = -1;
  return () => {
    // The first call only tells the fake API the id.
    looks++;
    return looks > 0 && looks < look ? {} : record;
  };
}

/** When the fake API was asked, in seconds since the call: on a busy machine the first look itself may come late. */
export function timesOf({ requests }: FakeApi, callMs: number): number[] {
  return requests.map(({ atMs }) => (atMs - callMs) / 1000);
}

/** The ids that each request asked for. */
export const idsOf = ({ requests }: FakeApi) => requests.map(({ body }) => (body.ids ?? [body.id]) as string[]);
