/**
 * Stands between a client and the server, passes everything on, and writes each line to a file:
 * `node tap.mjs FILE COMMAND ARGUMENT…`.
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [file, command, ...args] = process.argv.slice(2);
const server = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });

for (const input of [process.stdin, server.stdout]) {
  createInterface({ input }).on('line', (line) => appendFileSync(file, `${line}\n`));
}
process.stdin.pipe(server.stdin);
server.stdout.pipe(process.stdout);
// Either side may go first; without this one, the server's stdin ends.
for (const stream of [server.stdin, process.stdout]) stream.on('error', () => {});
server.on('close', (code) => process.exit(code ?? 0));
