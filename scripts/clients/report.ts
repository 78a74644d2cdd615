import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { ClientPackage } from './list.js';
import { isNamed, missingFrom, TOOLS } from './steps.js';
import { type Outcome, stepsOf } from './try.js';
import { isModern, type Wire } from './wire.js';

const COLUMNS = ['lists', 'single', 'wait', 'batch', 'error'] as const;

/** The head of the table. */
export const HEAD = [
  rowOf([`client (server on Node ${process.versions.node})`, 'era', ...COLUMNS, 'what the model was given']),
  rowOf(Array(COLUMNS.length + 3).fill('---')),
];

/** The row of a client that cannot be tried here. */
export function skippedRow({ label, version }: ClientPackage, reason: string): string {
  return rowOf([`${label} ${version}`, ...Array(COLUMNS.length + 1).fill('–'), `skipped: ${reason}`]);
}

/** The row of a client with the faults that were found, by column. */
export function tryRow(client: ClientPackage, outcome: Outcome, faults: Map<string, string>): string {
  const asked: string[] = ['lists', ...stepsOf(client).map(({ step }) => step)];
  const cells = COLUMNS.map((column) => (faults.has(column) ? 'NO' : asked.includes(column) ? 'yes' : '–'));
  const era = `${eraOf(outcome.wire)}${faults.has('era') ? ' (NO)' : ''}`;
  return rowOf([`${client.label} ${client.version}`, era, ...cells, summaryOf(outcome)]);
}

/** What does not work, by column. */
export function faultsOf(client: ClientPackage, { listed, given, wire, failure }: Outcome): Map<string, string> {
  const faults = new Map<string, string>();
  const lacking = TOOLS.filter((tool) => !listed.some((definition) => isNamed(nameOf(definition), tool)));
  if (lacking.length > 0) faults.set('lists', `lacks ${lacking.join(', ')}`);
  for (const step of stepsOf(client)) {
    const text = given[step.step] ?? '';
    if (missingFrom(text, step).length > 0) faults.set(step.step, text.slice(0, 1000) || 'nothing came of it');
  }
  if (client.expects && !isModern(wire)) faults.set('era', `it must be 2026-07-28, not ${eraOf(wire)}`);
  if (client.expects === 'tasks' && wire.tasks === 0) faults.set('wait', 'the wait did not become a task');
  if (failure) faults.set('broke off', failure.slice(-2000));
  return faults;
}

/** The name of a tool, as the protocol defines it or as an API of a model does. */
function nameOf(definition: unknown): string {
  return /"name":"([^"]+)"/.exec(JSON.stringify(definition))?.[1] ?? '';
}

function eraOf({ versions, tasks, polls }: Wire): string {
  const handles = tasks > 0 ? `, wait as a task with ${polls} polls` : '';
  return `${versions.join(' and ') || 'none'}${handles}`;
}

/** How much the model was given, how often the URL of a video in it, and how it begins. */
function summaryOf({ listed, given }: Outcome): string {
  const told = (step: string, text: string) => {
    const urls = text.match(/https:[^"\s]+\.mp4/g)?.length;
    const size = `${countTokens(text)} tokens${urls ? `, URL ${urls}×` : ''}`;
    return `${step}: ${size}, ${text.replace(/\s+/g, ' ').slice(0, 48)}…`;
  };
  const { single, wait, error } = given;
  return [
    // Clients that list the tools raw show _meta as well, which no model is given.
    `tools: ${countTokens(JSON.stringify(listed, (key, value) => (key === '_meta' ? undefined : value)))} tokens`,
    ...(single ? [told('single', single)] : wait ? [told('wait', wait)] : []),
    ...(error ? [told('error', error)] : []),
  ].join('; ');
}

function rowOf(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
