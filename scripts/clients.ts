/**
 * Tries other MCP clients on the built server, against the fake API, and prints a table of what they can do and what
 * reached their model. They come from npm and PyPI into a folder of the user's cache, and so are no part of the tests.
 * Clients as arguments (`npm run clients -- mcporter ai-sdk@2.0.99`) are tried alone, in that version; `--show` prints
 * what they were given. Exits with 1 if something does not work. What cannot be tried here is reported as skipped,
 * which `--strict` counts as a failure.
 */
import { parseArgs } from 'node:util';
import { FakeApi } from './clients/fake-api.js';
import { driverOf, Unavailable } from './clients/install.js';
import { CLIENTS, type ClientPackage } from './clients/list.js';
import { faultsOf, HEAD, skippedRow, tryRow } from './clients/report.js';
import { tryClient } from './clients/try.js';

/** The clients named on the command line, or all. */
function chosen(names: string[]): ClientPackage[] {
  if (names.length === 0) return [...CLIENTS];
  return names.map((name) => {
    const [module, version] = name.split('@');
    const client = CLIENTS.find((each) => each.module === module);
    if (!client) throw new Error(`${name} is none of ${CLIENTS.map((each) => each.module).join(', ')}.`);
    return { ...client, version: version ?? client.version };
  });
}

/** @returns whether the client could be tried here */
async function report(client: ClientPackage, api: FakeApi, show: boolean): Promise<boolean> {
  try {
    const outcome = await tryClient(client, await driverOf(client), api);
    const faults = faultsOf(client, outcome);
    console.log(tryRow(client, outcome, faults));
    for (const [column, fault] of faults) console.error(`${client.label}, ${column}: ${fault}`);
    if (show) console.error(JSON.stringify({ tools: outcome.listed, ...outcome.given }, null, 2));
    if (faults.size > 0) process.exitCode = 1;
    return true;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(skippedRow(client, error.message));
    return false;
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { show: { type: 'boolean' }, strict: { type: 'boolean' } },
});
const api = await FakeApi.start();
try {
  for (const line of HEAD) console.log(line);
  const clients = chosen(positionals);
  let tried = 0;
  for (const client of clients) if (await report(client, api, values.show ?? false)) tried += 1;
  if (tried === 0) throw new Error('No client could be tried, which proves nothing.');
  if (values.strict && tried < clients.length) throw new Error(`${clients.length - tried} clients were skipped.`);
} finally {
  await api.close();
}
