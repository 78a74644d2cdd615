import type { Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import { VARIABLES } from '../../src/config/variables.js';
import { CODES, type CodeMeaning, meaningOf } from '../../src/kling/api/error.js';
import { FakeApi, reply } from '../../test/support/fake-api.js';
import { DOCUMENTED_ID, documented, failedRecord, type Json, record } from '../../test/support/records.js';
import { Session } from '../../test/support/server-process.js';
import { RESULT_FIELDS } from './fields.js';
import { table } from './markdown.js';

const PENDING_ID = '3d1f7a90-5e0b-4c52-8a7e-9a1d0c4b2e77';
const FAILED_ID = '5d0a9a50-7a54-4b9c-9f0e-1f6a2f6f3a11';
const UNKNOWN_ID = '11111111-2222-4333-8444-555555555555';

/** About a minute after {@link record} says that the task was created, so that the example never changes. */
const ANSWERED_AT = 'Mon, 03 Mar 2025 02:40:00 GMT';

const EXAMPLES: Readonly<Record<string, readonly [title: string, args: Json][]>> = {
  kling_get_task: [
    ['A completed task', { task_id: DOCUMENTED_ID, wait_seconds: VARIABLES.KLING_MAX_WAIT.default }],
    ['A pending task', { task_id: PENDING_ID }],
    ['A tool error', { task_id: UNKNOWN_ID }],
  ],
  kling_get_tasks_batch: [
    ['A completed, a failed and an unknown task', { task_ids: [DOCUMENTED_ID, FAILED_ID, UNKNOWN_ID] }],
  ],
};

/** A tool as `tools/list` shows it, and what the server really answers to each example, in Markdown. */
export interface ToolDoc {
  listing: ListedTool;
  examples: string[];
}

/** Both tools of the built server, called through the official client against the fake API. */
export async function liveTools(): Promise<ToolDoc[]> {
  const fakeApi = await FakeApi.start([documented, failedRecord(FAILED_ID)]);
  const pending = record(PENDING_ID, { finished_at: null, response: { task_id: PENDING_ID, state: 'processing' } });
  const session = await Session.start({ fakeApi });
  try {
    const docs: ToolDoc[] = [];
    for (const listing of (await session.client.listTools()).tools) {
      const examples: string[] = [];
      for (const [title, args] of EXAMPLES[listing.name] ?? []) {
        if (args.task_id === PENDING_ID) fakeApi.faults.push(reply(200, pending, { date: ANSWERED_AT }));
        const { structuredContent, content } = await session.call(listing.name, args);
        examples.push(example(title, args, structuredContent, content[0]?.text));
      }
      docs.push({ listing, examples });
    }
    return docs;
  } finally {
    await session.close();
    await fakeApi.close();
  }
}

interface JsonSchema {
  type?: string;
  enum?: unknown[];
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema> | undefined;
  required?: string[] | undefined;
}

function typeOf({ type = '', items, enum: values, minimum, maximum, minItems, maxItems }: JsonSchema): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (items && maxItems !== undefined) return `list of ${minItems ?? 0}–${maxItems} ${items.type}s`;
  if (items) return `list of ${items.type}s`;
  return maximum === undefined ? type : `${type}, ${minimum}–${maximum}`;
}

function parameterTable({ properties = {}, required = [] }: JsonSchema): string {
  const rows = Object.entries(properties).map(([name, schema]) => [
    `\`${name}\``,
    typeOf(schema),
    required.includes(name) ? 'required' : `\`${JSON.stringify(schema.default)}\``,
    schema.description ?? '',
  ]);
  return table(['parameter', 'type', 'default', 'description'], rows);
}

function resultTable({ properties = {}, required = [] }: JsonSchema, meanings: Readonly<Record<string, string>>) {
  const rows = Object.entries(properties).map(([name, schema]) => [
    `\`${name}\`${required.includes(name) ? '' : '?'}`,
    typeOf(schema),
    meanings[name] ?? '',
  ]);
  return table(['field of `result`', 'type', 'description'], rows);
}

/** The fields of the entries of `tasks`, as one sentence. */
function entrySentence({ properties = {} }: JsonSchema): string[] {
  const fields = Object.keys(properties.tasks?.items?.properties ?? {});
  if (fields.length === 0) return [];
  const names = fields.map((field) => `\`${field}\``).join(', ');
  return [`Each entry of \`tasks\` has these fields: ${names}.`];
}

function example(title: string, args: Json, answer: object | undefined, error = ''): string {
  const shown = answer ? `json\n${JSON.stringify(answer, null, 2)}` : `text\n${error}`;
  return `**${title}.** \`${JSON.stringify(args)}\` returns\n\n\`\`\`${shown}\n\`\`\``;
}

/** What the model reads about a tool, its parameters, the fields of its result, and real answers. */
export function toolSection({ listing, examples }: ToolDoc): string {
  const { name, description = '', inputSchema, outputSchema } = listing;
  const result: JsonSchema = outputSchema?.properties?.result ?? {};
  return [
    `> ${description.replaceAll('\n', '\n>\n> ')}`,
    parameterTable(inputSchema),
    resultTable(result, RESULT_FIELDS[name] ?? {}),
    ...entrySentence(result),
    ...examples,
  ].join('\n\n');
}

/** Every error code; advice that several codes share stands in the first row of them. */
export function errorTable(): string {
  let lastHint = '';
  const row = (code: string, { what, hint, retryable }: CodeMeaning) => {
    const cells = [code, what, hint === lastHint ? 'as above' : hint, retryable ? 'yes' : 'no'];
    lastHint = hint;
    return cells;
  };
  return table(
    ['code', 'what happened', 'what to do', 'retried by the server'],
    [
      ...[...CODES].map(([code, meaning]) => row(`\`${code}\``, meaning)),
      row("any other code of the API's own, or `http_NNN`", meaningOf('http_NNN')),
    ],
  );
}
