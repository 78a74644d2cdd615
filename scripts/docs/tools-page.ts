import { CODES, type CodeMeaning, UNKNOWN_CODE } from '../../src/kling/api/error.js';
import { RESULT_FIELDS } from './fields.js';
import type { Example, ToolDoc } from './live-tools.js';
import { jsonBlock, table } from './markdown.js';

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

/** The SDK types the schemas of a tool as plain objects. */
function schemaOf(schema: object | undefined): JsonSchema {
  return schema ?? {};
}

function typeOf({ type, items, format, enum: values, minimum, maximum, minItems, maxItems }: JsonSchema): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (items && maxItems !== undefined) return `list of ${minItems ?? 0}–${maxItems} ${items.type}s`;
  if (items) return `list of ${items.type}s`;
  if (maximum !== undefined) return `${type}, ${minimum}–${maximum}`;
  if (format === 'date-time') return 'ISO 8601, UTC';
  return type ?? 'any JSON';
}

/** The parameters; one that a tool lists without a description is described by the other tool. */
function parameterTable({ properties = {}, required = [] }: JsonSchema, tools: ToolDoc[]): string {
  const described = (name: string) =>
    tools
      .map(({ listing }) => schemaOf(listing.inputSchema).properties?.[name]?.description)
      .find((description) => description !== undefined);
  const rows = Object.entries(properties).map(([name, schema]) => [
    `\`${name}\``,
    typeOf(schema),
    required.includes(name) ? 'required' : `\`${JSON.stringify(schema.default)}\``,
    schema.description ?? described(name) ?? '',
  ]);
  return table(['parameter', 'type', 'default', 'description'], rows);
}

function resultTable(result: JsonSchema, meanings: Readonly<Record<string, string>>): string {
  const required = result.required ?? [];
  const rows = Object.entries(result.properties ?? {}).map(([name, schema]) => [
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
  return [`Each entry of \`tasks\` has these fields, with the meaning that they have above: ${names}.`];
}

/** A text as a block quote, in which each line is a paragraph. */
function quote(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n>\n');
}

function exampleSection({ title, arguments: args, answer }: Example): string {
  const shown = typeof answer === 'string' ? `\`\`\`text\n${answer}\n\`\`\`` : jsonBlock(answer);
  return `**${title}.** \`${JSON.stringify(args)}\` returns\n\n${shown}`;
}

function toolSection({ listing, examples }: ToolDoc, tools: ToolDoc[]): string {
  const result = schemaOf(schemaOf(listing.outputSchema).properties?.result);
  return [
    `## \`${listing.name}\``,
    quote(listing.description ?? ''),
    parameterTable(schemaOf(listing.inputSchema), tools),
    resultTable(result, RESULT_FIELDS[listing.name] ?? {}),
    ...entrySentence(result),
    ...examples.map(exampleSection),
  ].join('\n\n');
}

/** Codes that mean the same and ask for the same share a row. */
function errorTable(): string {
  const rows = new Map<string, { codes: string[]; meaning: CodeMeaning }>();
  for (const [code, meaning] of CODES) {
    const key = `${meaning.what}|${meaning.hint}`;
    const row = rows.get(key) ?? { codes: [], meaning };
    row.codes.push(`\`${code}\``);
    rows.set(key, row);
  }
  const cells = (codes: string, { what, hint, retryable }: CodeMeaning) => [
    codes,
    what,
    hint,
    retryable ? 'yes' : 'no',
  ];
  return table(
    ['code', 'what happened', 'what to do', 'retried by the server'],
    [
      ...[...rows.values()].map(({ codes, meaning }) => cells(codes.join(', '), meaning)),
      cells("any other code of the API's own, or `http_NNN`", UNKNOWN_CODE),
    ],
  );
}

/** `docs/tools.md`: both tools as the model sees them, real examples, and the error codes. */
export function renderToolsPage(tools: ToolDoc[]): string {
  return `<!-- Written by \`npm run docs\` from the built server. Do not edit. -->

# Tools

Both tools only read, and their annotations say so. A result is structured content under \`result\`, with the same JSON
in a text block. A field marked with \`?\` is left out if it is unknown or does not apply; no field is ever null. The
quoted texts are what the model reads.

Arguments are accepted in the shapes that clients really send: numbers as strings, \`null\` for an absent argument, a list
of ids as one string, ids in quotes. A \`wait_seconds\` above the maximum counts as the maximum.

${tools.map((tool) => toolSection(tool, tools)).join('\n\n')}

## Errors

A lookup that fails is a tool error (\`isError\`) with one line of text: \`[code] What happened. What to do.\`, followed by
the \`trace_id\` for the vendor's support if there is one. A task that failed is not an error: it is a result with the status
\`failed\`.

${errorTable()}

The server makes up to three attempts with growing pauses, all within \`KLING_REQUEST_TIMEOUT\`, and waits as long as a
\`Retry-After\` header asks if the time allows it.
`;
}
