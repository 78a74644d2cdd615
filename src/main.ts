import { setMaxListeners } from 'node:events';
import packageJson from '../package.json' with { type: 'json' };
import { checkSetup } from './check.js';
import { loadConfig } from './config/config.js';
import { KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { Looker } from './kling/looker.js';
import { Log } from './log.js';
import { createServer } from './mcp/session.js';
import { StdioTransport } from './mcp/stdio.js';
import { endOrderly } from './shutdown.js';

const { name, version } = packageJson;

const USAGE = `Usage: ${name} [--check | --help | --version]

Without an option: an MCP server on stdin and stdout, to be started by an MCP client.
  --check    test the token and the connection, and say what is wrong
  --help     show this text
  --version  show the version

Set ACEDATACLOUD_API_TOKEN in the environment. Documentation: https://www.npmjs.com/package/${name}
`;

const USER_AGENT = `${name}/${version} node/${process.versions.node}`;

async function serve(log: Log): Promise<void> {
  log.takeConsole();
  const { connection, maxWaitSeconds, logLevel, faults, warnings, secret } = loadConfig(process.env);
  log.configure(logLevel, secret);
  for (const warning of warnings) log.warn(warning);
  for (const fault of faults) log.error(fault);

  const closing = new AbortController();
  // Each call in flight listens, and Node takes more than ten listeners for a leak.
  setMaxListeners(0, closing.signal);
  const transport = new StdioTransport(process.stdin, process.stdout, log);
  const onBug = (error: unknown) =>
    log.error(error instanceof Error ? (error.stack ?? error.message) : 'a call failed');
  const backend = connection
    ? new Looker(
        new KlingClient(connection, {
          userAgent: USER_AGENT,
          onAttempt: ({ ids, outcome, durationMs }) =>
            log.debug(`lookup of ${ids}: ${outcome} after ${Math.round(durationMs)} ms`),
        }),
        { onBug, onForeignRecords: (count) => log.debug(`${count} records that nobody asked for were ignored`) },
      )
    : new KlingError('configuration', faults.join(' '), { hint: '' });
  const server = createServer(backend, {
    name,
    title: 'Kling tasks',
    version,
    maxWaitSeconds,
    closing: closing.signal,
    onBug,
  });
  endOrderly(transport, closing, log);
  await server.connect(transport);
  log.info(`version ${version} on Node ${process.versions.node}, serving ${connection?.baseUrl.host ?? 'no lookups'}`);
  if (process.stdin.isTTY) {
    process.stderr.write(
      `${name} is an MCP server and waits for a client on stdin; --help tells more. Ctrl+C ends it.\n`,
    );
  }
}

/** Prints and ends once the text has left the process. */
function print(stream: NodeJS.WritableStream, text: string, exitCode: number): void {
  stream.write(text, () => process.exit(exitCode));
}

async function main([option, ...rest]: string[]): Promise<void> {
  if (option === undefined) {
    await serve(new Log());
  } else if (option === '--help' && rest.length === 0) {
    print(process.stdout, USAGE, 0);
  } else if (option === '--version' && rest.length === 0) {
    print(process.stdout, `${version}\n`, 0);
  } else if (option === '--check' && rest.length === 0) {
    const program = `${name} ${version}, Node ${process.versions.node} on ${process.platform}`;
    const ok = await checkSetup(loadConfig(process.env), program, USER_AGENT, (line) => process.stdout.write(line));
    print(process.stdout, '', ok ? 0 : 1);
  } else {
    print(process.stderr, USAGE, 2);
  }
}

void main(process.argv.slice(2));
