import type { Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import { DEFAULTS } from '../../src/config/config.js';
import { KlingClient } from '../../src/kling/api/client.js';
import { Looker } from '../../src/kling/looker.js';
import { getTaskTool } from '../../src/tools/get-task.js';
import { getTasksBatchTool } from '../../src/tools/get-tasks-batch.js';
import { FakeApi, TOKEN } from '../../test/support/fake-api.js';
import { DOCUMENTED_ID, documented, failedRecord } from '../../test/support/records.js';

const FAILED_ID = '5d0a9a50-7a54-4b9c-9f0e-1f6a2f6f3a11';
const UNKNOWN_ID = '11111111-2222-4333-8444-555555555555';

/** A tool as `tools/list` shows it, with one call and what it really answers. */
export interface ToolDoc {
  listing: ListedTool;
  example: { arguments: object; result: unknown };
}

/** Both tools, each called once against the fake API with the documented task. */
export async function toolDocs(): Promise<ToolDoc[]> {
  const fakeApi = await FakeApi.start([documented, failedRecord(FAILED_ID)]);
  try {
    const connection = { token: TOKEN, baseUrl: new URL(fakeApi.url), requestTimeoutMs: 30_000 };
    const onBug = (error: unknown) => {
      throw error;
    };
    const client = new KlingClient(connection, { userAgent: 'docs' });
    const backend = new Looker(client, { onBug, onForeignRecords: () => {} });
    const { signal } = new AbortController();
    const context = { stop: { cancelled: signal, closing: signal } };
    const calls = [
      [getTaskTool, { task_id: DOCUMENTED_ID, wait_seconds: DEFAULTS.maxWaitSeconds }],
      [getTasksBatchTool, { task_ids: [DOCUMENTED_ID, FAILED_ID, UNKNOWN_ID] }],
    ] as const;
    return await Promise.all(
      calls.map(async ([create, args]) => {
        const { listing, call } = create({ backend, maxWaitSeconds: DEFAULTS.maxWaitSeconds, onBug });
        const { structuredContent } = await call(args, context);
        return { listing, example: { arguments: args, result: structuredContent } };
      }),
    );
  } finally {
    await fakeApi.close();
  }
}
