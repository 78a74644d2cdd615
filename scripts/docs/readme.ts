import { CODES, type CodeMeaning, UNKNOWN_CODE } from '../../src/kling/api/error.js';
import type { Task } from '../../src/kling/task/task.js';
import type { Batch } from '../../src/tools/get-tasks-batch.js';
import { CLIENTS } from '../clients/list.js';
import type { ToolDoc } from './tools.js';
import { variableDocs } from './variables.js';

/** When a field is there and what it means: a field of the result does not compile until it stands here. */
const TASK_FIELDS: Record<keyof Task, string> = {
  task_id: 'The id as asked for',
  status: 'An unknown state is never taken for success',
  state: "The API's own word that decided, such as `processing` or `succeed`",
  type: '`videos`, `motion`, `lip-sync`, `talking-photo` …',
  video_url: 'Completed: the first result video',
  video_id: 'Completed: its id, which is not a task id',
  duration_seconds: 'Completed: its length',
  other_media: 'Completed: further results, each with `kind`, `url` and, where known, `id` and `duration_seconds`',
  output: 'Completed without video and image, or with an id that no file has: what the task returned, such as a voice',
  usage: 'Where the API tells it: what was metered',
  error: 'Failed, or a part of the results did: `code` where known, and `message`',
  request:
    'What was asked for (while pending, only without waiting), such as prompt and model, without callback addresses',
  created_at: 'When it was submitted',
  started_at: 'When work on it began; not for a pending task',
  finished_at: 'When it ended; not for a pending task',
  elapsed_seconds: 'How long it took; for a pending task, how old it is',
  trace_id: "Completed or failed: for the vendor's support",
  poll_after_seconds: 'Pending for less than 30 minutes: when it makes sense to ask again',
};

const BATCH_FIELDS: Record<keyof Batch, string> = {
  counts: 'How many of the distinct ids are `pending`, `completed`, `failed`, `not_found` and `lookup_failed`',
  tasks:
    'The tasks in the order of the input, each id once: the fields above without the request, the dates, `video_id`, ' +
    '`output` and `poll_after_seconds`; `trace_id` only where failed',
  not_found: 'The ids of which the account has no task',
  lookup_errors: 'Where a part could not be looked up: `task_ids`, `code` and `message`',
  poll_after_seconds: 'While something is pending: when it makes sense to ask again',
};

const RESULT_FIELDS: Record<string, Record<string, string>> = {
  kling_get_task: TASK_FIELDS,
  kling_get_tasks_batch: BATCH_FIELDS,
};

interface JsonSchema {
  type?: string;
  enum?: unknown[];
  format?: string;
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
}

/** The SDK types a schema's properties as objects; what is not there is undefined. */
function schemaOf(schema: object): JsonSchema {
  return schema;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function typeOf({ type, items, format, enum: values, minimum, maximum, minItems, maxItems }: JsonSchema): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (items && maxItems !== undefined)
    return `list of ${minItems ?? 'up to'}${minItems === undefined ? ' ' : '–'}${maxItems} ${items.type}s`;
  if (items) return `list of ${items.type}s`;
  if (maximum !== undefined) return `${type}, ${minimum}–${maximum}`;
  if (format === 'date-time') return 'ISO 8601, UTC';
  return type ?? 'any';
}

function inputRows({ properties = {}, required = [] }: JsonSchema): string[][] {
  return Object.entries(properties).map(([name, schema]) => [
    `\`${name}\``,
    typeOf(schema),
    required.includes(name) ? 'required' : `\`${JSON.stringify(schema.default)}\``,
    schema.description ?? '',
  ]);
}

function json(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
}

function toolSection({ listing, example }: ToolDoc): string {
  const inputs = inputRows(schemaOf(listing.inputSchema));
  const result = schemaOf(listing.outputSchema ?? {}).properties?.result;
  const required = result?.required ?? [];
  const meanings = RESULT_FIELDS[listing.name] ?? {};
  const fields = Object.entries(result?.properties ?? {}).map(([name, schema]) => [
    `\`${name}\`${required.includes(name) ? '' : '?'}`,
    typeOf(schema),
    meanings[name] ?? '',
  ]);
  return [
    `### \`${listing.name}\``,
    listing.description ?? '',
    table(['input', 'type', 'default', ''], inputs),
    table(['`result`', 'type', ''], fields),
    `Example: \`${JSON.stringify(example.arguments)}\` gives`,
    json(example.result),
  ].join('\n\n');
}

function errorTable(): string {
  const row = (code: string, { what, hint, retryable }: CodeMeaning) => [code, what, hint, retryable ? 'yes' : 'no'];
  return table(
    ['code', 'what happened', 'what to do', 'repeated by the server'],
    [
      ...[...CODES].map(([code, meaning]) => row(`\`${code}\``, meaning)),
      row("another code of the API's own, or `http_NNN`", UNKNOWN_CODE),
    ],
  );
}

function variableTable(): string {
  return table(
    ['variable', 'default', ''],
    variableDocs.map(({ name, description, choices, ...rest }) => [
      `\`${name}\``,
      rest.default === undefined ? '(required)' : `\`${rest.default}\``,
      choices
        ? `${description.replace(/\.$/, '')}: ${choices.map((choice) => `\`${choice}\``).join(', ')}.`
        : description,
    ]),
  );
}

/** The README with its generated parts made anew; each stands between `<!-- name -->` and `<!-- /name -->`. */
export function renderReadme(readme: string, tools: ToolDoc[]): string {
  const parts = {
    tools: tools.map(toolSection).join('\n\n'),
    clients: table(
      ['client', 'package', 'version'],
      CLIENTS.map(({ label, install, version }) => [label, `\`${install}\``, version]),
    ),
    configuration: variableTable(),
    errors: errorTable(),
  };
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
    const from = text.indexOf(begin) + begin.length;
    const to = text.indexOf(end);
    if (from < begin.length || to < from)
      throw new Error(`README.md has no place for "${name}": ${begin.trim()} … ${end}`);
    return `${text.slice(0, from)}\n${part}\n\n${text.slice(to)}`;
  }, readme);
}
