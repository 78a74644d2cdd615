import { Console } from 'node:console';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { type Config, loadConfig } from './config/config.js';
import { KlingClient } from './kling/api/client.js';
import { KlingError } from './kling/api/error.js';
import { createLookups, failingLookups, type Lookups } from './kling/lookup.js';
import { Scheduler } from './kling/scheduler.js';
import { Log } from './log.js';
import { createServer } from './mcp/server.js';
import { StdioTransport } from './mcp/transport.js';
import { getTaskTool } from './tools/get-task.js';
import { getTasksBatchTool } from './tools/get-tasks-batch.js';
import { textsFor } from './tools/texts.js';

const { name, version } = packageJson;

const USAGE = `Usage: ${name} [--check | --help | --version]

Without an option: an MCP server on stdin and stdout, to be started by an MCP client.
  --check        test the token and the connection, and say what is wrong
  -h, --help     show this text
  -v, --version  show the version

Set ACEDATACLOUD_API_TOKEN in the environment. Documentation: ${join(import.meta.dirname, '..', 'README.md')}
`;

const USER_AGENT = `${name}/${version} node/${process.versions.node}`;

/** After the end of stdin the process lives for 2 s at most: requests in flight get 1.5 s, the answers the rest. */
const CLOSING_LIMIT_MS = 1800;
/** How long a signal waits for an answer that is partly written. */
const SIGNAL_LIMIT_MS = 500;

const exit = () => process.exit();

async function serve(): Promise<void> {
  // Whatever a dependency prints goes to stderr, because stdout belongs to the protocol.
  globalThis.console = new Console(process.stderr);
  const config = loadConfig(process.env);
  const { connection, maxWaitSeconds, logLevel, warnings, secret } = config;
  const log = new Log(logLevel, secret);
  for (const warning of warnings) log.warn(warning);

  const closing = new AbortController();
  const scheduler = new Scheduler(lookupsOf(config, log), { closing: closing.signal, onBug: log.bug });
  const toolOptions = { scheduler, maxWaitSeconds };
  const server = createServer({
    info: { name, title: 'Kling tasks', version },
    instructions: textsFor(maxWaitSeconds).instructions,
    tools: [getTaskTool(toolOptions), getTasksBatchTool(toolOptions)],
    viewFile: join(import.meta.dirname, 'view.html'),
    closing: closing.signal,
    log,
  });

  const end = () => {
    setTimeout(exit, SIGNAL_LIMIT_MS);
    void server.close();
  };
  server.onclose = exit;
  closing.signal.addEventListener('abort', () => setTimeout(exit, CLOSING_LIMIT_MS));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, end);
  // A rejection that nobody handles is one, too.
  process.on('uncaughtException', (error) => {
    log.bug(error);
    process.exitCode = 1;
    end();
  });

  await server.connect(new StdioTransport(process.stdin, process.stdout, closing, log));
  log.info(`version ${version} on Node ${process.versions.node}, serving ${connection?.baseUrl.host ?? 'no lookups'}`);
  if (process.stdin.isTTY) {
    process.stderr.write(
      `${name} is an MCP server and waits for a client on stdin; --help tells more. Ctrl+C ends it.\n`,
    );
  }
}

function lookupsOf({ connection, faults }: Config, log: Log): Lookups {
  if (connection) return createLookups(new KlingClient(connection, USER_AGENT, log.debug));
  const error = new KlingError('configuration', faults.join(' '));
  log.error(`${error.message} ${error.hint}`);
  return failingLookups(error);
}

/** Tests the setup, and tells each finding as it becomes known. */
async function check(): Promise<void> {
  process.stdout.write(`${name} ${version}, Node ${process.versions.node} on ${process.platform}\n`);
  const { checkSetup } = await import('./check.js');
  const isGood = await checkSetup(loadConfig(process.env), USER_AGENT, (line) => process.stdout.write(line));
  print(process.stdout, '', isGood ? 0 : 1);
}

/** Prints the text, and exits once it has left the process, or cannot. */
function print(stream: NodeJS.WritableStream, text: string, exitCode: number): void {
  stream.write(text, () => process.exit(exitCode));
}

function main(): void | Promise<void> {
  // A reader that has gone is no fault of this program.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const option = process.argv.slice(2).at(-1);
  switch (option) {
    case undefined:
      return serve();
    case '--check':
      return check();
    case '-h':
    case '--help':
      return print(process.stdout, USAGE, 0);
    case '-v':
    case '--version':
      return print(process.stdout, `${version}\n`, 0);
    default:
      return print(process.stderr, `Unknown option '${option}'\n\n${USAGE}`, 2);
  }
}

void main();
