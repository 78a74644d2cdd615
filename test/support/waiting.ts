import { test } from 'vitest';
import { FakeApi, type TaskSource } from './fake-api.js';
import { completedRecord, type Json, pendingRecord } from './records.js';
import { type ServerOptions, Session, type ToolResult } from './server-process.js';

/** What a case works with. */
export interface Setup {
  fakeApi: FakeApi;
  session: Session;
  /** Calls a tool; the answer with the time of the call and the seconds it took. */
  timed(name: string, args: Json): Promise<{ result: ToolResult; callMs: number; seconds: number }>;
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
    const timed = async (tool: string, args: Json) => {
      const callMs = performance.now();
      const result = await session.call(tool, args);
      return { result, callMs, seconds: (performance.now() - callMs) / 1000 };
    };
    try {
      await run({ fakeApi, session, timed });
    } finally {
      await session.close();
      await fakeApi.close();
    }
  });
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
