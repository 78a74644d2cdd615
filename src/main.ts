import { Console } from 'node:console';
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { loadConfig } from './config/config.js';
import { Log } from './log.js';
import { type Answer, ClientConnection } from './mcp/connection.js';
import { createStateless, isStateless } from './mcp/stateless.js';
import { Toolbox } from './mcp/toolbox.js';
import { createService } from './service.js';
import { shutDownOrderly } from './shutdown.js';
import { textsFor } from './tools/texts.js';

const { name, version } = packageJson;

const USAGE = `Usage: ${name} [--check | --help | --version]

Without an option: an MCP server on stdin and stdout, to be started by an MCP client.
  --check    test the token and the connection, and say what is wrong
  --help     show this text
  --version  show the version

Set ACEDATACLOUD_API_TOKEN in the environment. Documentation: https://www.npmjs.com/package/${name}
`;

const USER_AGENT = `${name}/${version} node/${process.versions.node}`;

async function serve(): Promise<void> {
  // Whatever a dependency prints goes to stderr, because stdout belongs to the protocol.
  globalThis.console = new Console(process.stderr);
  const config = loadConfig(process.env);
  const { connection, maxWaitSeconds, logLevel, faults, warnings, secret } = config;
  const log = new Log(logLevel, secret);
  for (const warning of warnings) log.warn(warning);
  for (const fault of faults) log.error(fault);

  const closing = new AbortController();
  // Every call in flight adds a listener, and Node warns of a leak beyond ten.
  setMaxListeners(0, closing.signal);
  const options = {
    info: { name, title: 'Kling tasks', version },
    instructions: textsFor(maxWaitSeconds).instructions,
    toolbox: new Toolbox(async () => createService(config, USER_AGENT, log), undefined),
    viewFile: join(import.meta.dirname, 'view.html'),
    closing: closing.signal,
  };
  const stateless = createStateless(options);
  let session: Promise<Answer> | undefined;
  const answer: Answer = async (exchange) => {
    if (isStateless(exchange.request)) return stateless(exchange);
    // Loads the SDK, for a client that speaks an older version.
    session ??= import('./mcp/session.js').then(({ createSession }) => createSession(options));
    return (await session)(exchange);
  };
  const client = new ClientConnection(process.stdin, process.stdout, log, answer);
  shutDownOrderly(client, closing, log);
  client.pipe.start();
  log.info(`version ${version} on Node ${process.versions.node}, serving ${connection?.baseUrl.host ?? 'no lookups'}`);
  if (process.stdin.isTTY) {
    process.stderr.write(
      `${name} is an MCP server and waits for a client on stdin; --help tells more. Ctrl+C ends it.\n`,
    );
  }
}

/** Prints the text, and exits once it has left the process. */
function print(stream: NodeJS.WritableStream, text: string, exitCode: number): void {
  stream.write(text, () => process.exit(exitCode));
}

async function main(args: string[]): Promise<void> {
  switch (args.join(' ')) {
    case '':
      return serve();
    case '--help':
      return print(process.stdout, USAGE, 0);
    case '--version':
      return print(process.stdout, `${version}\n`, 0);
    case '--check': {
      process.stdout.write(`${name} ${version}, Node ${process.versions.node} on ${process.platform}\n`);
      const { checkSetup } = await import('./check.js');
      const ok = await checkSetup(loadConfig(process.env), USER_AGENT, (line) => process.stdout.write(line));
      return print(process.stdout, '', ok ? 0 : 1);
    }
    default:
      return print(process.stderr, USAGE, 2);
  }
}

void main(process.argv.slice(2));
