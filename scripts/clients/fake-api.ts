import { FakeApi as Api, TOKEN } from '../../test/support/fake-api.js';
import { completedRecord, documented, pendingRecord } from '../../test/support/records.js';

export { ENTRY as SERVER } from '../../test/support/server-process.js';

/** The task is done this long after the first look at it; the server looks again after some seconds. */
const RENDERING_MS = 2000;

type Source = Parameters<Api['add']>[0];

/** The fake API of the tests, with the documented task: the one place where the trying of clients knows it. */
export class FakeApi {
  private constructor(readonly api: Api) {}

  static async start(): Promise<FakeApi> {
    return new FakeApi(await Api.start([documented]));
  }

  add(task: Source): void {
    this.api.add(task);
  }

  close(): Promise<void> {
    return this.api.close();
  }
}

/** The variables with which the server asks the fake API. */
export function serverEnvironment({ api }: FakeApi): Record<string, string> {
  return { ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: api.url };
}

/** A task that is done some time after the first look at it. */
export function rendering(id: string): Source {
  let firstMs: number | undefined;
  let known = false;
  return () => {
    // The fake API reads the id once when the task is added.
    if (known) firstMs ??= performance.now();
    known = true;
    const done = firstMs !== undefined && performance.now() - firstMs > RENDERING_MS;
    return done ? completedRecord(id) : pendingRecord(id);
  };
}
