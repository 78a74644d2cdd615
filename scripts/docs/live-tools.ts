import type { Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import { VARIABLES } from '../../src/config/variables.js';
import { FakeApi, reply } from '../../test/support/fake-api.js';
import { DOCUMENTED_ID, documented, failedRecord, type Json, record } from '../../test/support/records.js';
import { Session } from '../../test/support/server-process.js';

const PENDING_ID = '3d1f7a90-5e0b-4c52-8a7e-9a1d0c4b2e77';
const FAILED_ID = '5d0a9a50-7a54-4b9c-9f0e-1f6a2f6f3a11';
const UNKNOWN_ID = '11111111-2222-4333-8444-555555555555';

/** About a minute after {@link record} says that the task was created, so that the example never changes. */
const ANSWERED_AT = 'Mon, 03 Mar 2025 02:40:00 GMT';

/** One call and what the server really answers: the structured content, or the text of a tool error. */
export interface Example {
  title: string;
  arguments: Json;
  answer: unknown;
}

/** A tool as `tools/list` shows it, with examples. */
export interface ToolDoc {
  listing: ListedTool;
  examples: Example[];
}

/** Both tools of the built server, called through the official client against the fake API. */
export async function liveTools(): Promise<ToolDoc[]> {
  const fakeApi = await FakeApi.start([documented, failedRecord(FAILED_ID)]);
  const pending = record(PENDING_ID, { finished_at: null, response: { task_id: PENDING_ID, state: 'processing' } });
  const session = await Session.start({ fakeApi });
  try {
    const { tools } = await session.client.listTools();
    const calls: Record<string, [title: string, args: Json][]> = {
      kling_get_task: [
        ['A completed task', { task_id: DOCUMENTED_ID, wait_seconds: VARIABLES.KLING_MAX_WAIT.default }],
        ['A pending task', { task_id: PENDING_ID }],
        ['A tool error', { task_id: UNKNOWN_ID }],
      ],
      kling_get_tasks_batch: [
        ['A completed, a failed and an unknown task', { task_ids: [DOCUMENTED_ID, FAILED_ID, UNKNOWN_ID] }],
      ],
    };
    const docs: ToolDoc[] = [];
    for (const listing of tools) {
      const examples: Example[] = [];
      for (const [title, args] of calls[listing.name] ?? []) {
        if (args.task_id === PENDING_ID) fakeApi.faults.push(reply(200, pending, { date: ANSWERED_AT }));
        const { structuredContent, content } = await session.call(listing.name, args);
        examples.push({ title, arguments: args, answer: structuredContent ?? content[0]?.text });
      }
      docs.push({ listing, examples });
    }
    return docs;
  } finally {
    await session.close();
    await fakeApi.close();
  }
}
