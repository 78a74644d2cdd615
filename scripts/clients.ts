/**
 * Tries other MCP clients on the built server, against the fake API: one row for each, and in the end how many work. They
 * come from npm and PyPI into a folder of the user's cache, and so are no part of the tests. `npm run clients -- mcporter`
 * tries those whose names contain the word. Exits with 1 if something does not work. What cannot be tried here is skipped,
 * which `--strict` counts as a failure.
 */
import { parseArgs } from 'node:util';
import { FakeApi } from '../test/support/fake-api.js';
import { documented } from '../test/support/records.js';
import { Unavailable } from './clients/install.js';
import { CLIENTS, type Client } from './clients/list.js';
import { tryClient } from './clients/try.js';

/** Tries one client, and prints its row; the faults go to stderr. */
async function report(client: Client): Promise<'works' | 'fails' | 'skipped'> {
  const name = `${client.name} ${client.packages[0].replace(/.*[@=]/, '')}`;
  const row = (protocol: string, works: string) =>
    console.log(`| ${name.padEnd(36)} | ${protocol.padEnd(20)} | ${works} |`);
  try {
    const { versions, polls, faults } = await tryClient(client, api);
    const protocol = `${versions.join(' and ') || 'none'}${polls > 0 ? `, ${polls} polls` : ''}`;
    row(protocol, faults.size === 0 ? 'yes' : `NO: ${[...faults.keys()].join(', ')}`);
    for (const [what, fault] of faults) console.error(`${client.name}, ${what}: ${fault}`);
    return faults.size === 0 ? 'works' : 'fails';
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    row('–', `skipped: ${error.message}`);
    return 'skipped';
  }
}

const { positionals: words, values } = parseArgs({ allowPositionals: true, options: { strict: { type: 'boolean' } } });
const isChosen = ({ name }: Client) => words.some((word) => name.toLowerCase().includes(word.toLowerCase()));
const clients = words.length === 0 ? CLIENTS : CLIENTS.filter(isChosen);
const api = await FakeApi.start([documented]);
const counts = { works: 0, fails: 0, skipped: 0 };
console.log(`| ${'client'.padEnd(36)} | ${'protocol'.padEnd(20)} | works |\n| --- | --- | --- |`);
for (const client of clients) counts[await report(client)] += 1;
await api.close();
console.log(`\n${counts.works} of ${clients.length}${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`);
if (counts.fails > 0 || counts.works === 0 || (values.strict && counts.skipped > 0)) process.exitCode = 1;
