import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLIENTS } from '../../scripts/clients/list.js';
import { tryClient } from '../../scripts/clients/try.js';
import { FakeApi } from '../support/fake-api.js';
import { documented } from '../support/records.js';

const DRIVERS = 'scripts/clients/drivers';

// With the SDK's first generation, which is installed for the tests.
describe('trying a client', () => {
  const client = CLIENTS.find(({ driver }) => driver === 'sdk-1.mjs');
  let api: FakeApi;

  beforeAll(async () => {
    api = await FakeApi.start([documented]);
  });
  afterAll(() => api.close());

  const driverOf = (module: string) => ({
    program: process.execPath,
    args: [join(DRIVERS, 'run.mjs'), module],
    cwd: process.cwd(),
  });

  test('finds that it falls back although it must not, and no other fault', async () => {
    if (!client) throw new Error('it is not in the list');
    const { faults, versions } = await tryClient({ ...client, expects: 'tasks' }, driverOf('./sdk-1.mjs'), api);
    expect([...faults.keys()]).toEqual(['protocol', 'wait']);
    expect(versions).toEqual(['2025-11-25']);
  });

  test('finds every fault of one that breaks off', async () => {
    if (!client) throw new Error('it is not in the list');
    const { faults } = await tryClient(client, driverOf('./no-such-driver.mjs'), api);
    expect([...faults.keys()]).toEqual(['tools', 'single', 'wait', 'batch', 'error', 'end']);
  });
});
