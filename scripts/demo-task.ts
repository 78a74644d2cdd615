import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENTRY } from '../test/support/server-process.js';

/** What every request of 2026-07-28 says of its client: here, that it takes a task for an answer. */
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'demo', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
};

interface Task {
  resultType: string;
  taskId: string;
  status: string;
  statusMessage: string;
  pollIntervalMs: number;
  result?: { content: { text: string }[] };
}

/**
 * Shows a wait as a task of the protocol (2026-07-28): what goes over the pipe while the client polls by itself, and the
 * little that the model gets to see of it.
 * @param env the variables of the server, besides PATH
 */
export async function demoTask(env: Record<string, string>, taskId: string): Promise<void> {
  const server = spawn(process.execPath, [ENTRY], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  let lastId = 0;
  const ask = async (method: string, params: object): Promise<Task> => {
    const message = { jsonrpc: '2.0', id: ++lastId, method, params: { ...params, _meta: META } };
    server.stdin.write(`${JSON.stringify(message)}\n`);
    const { value } = await answers.next();
    return JSON.parse(value).result;
  };

  const startMs = performance.now();
  const say = (who: string, text: string) => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1).padStart(5);
    console.log(`  ${seconds} s  ${who.padEnd(6)} ${text}`);
  };
  console.log('\nThe same wait, by a client of MCP 2026-07-28 that follows tasks in the background:');
  const call = { name: 'kling_get_task', arguments: { task_id: taskId, wait_seconds: 50 } };
  say('model', `${call.name} ${JSON.stringify(call.arguments)}`);
  let task = await ask('tools/call', call);
  say('server', `task ${task.taskId}: ${task.statusMessage}; ask again in ${task.pollIntervalMs / 1000} s`);
  say('model', 'is told that the call goes on in the background, and does something else');
  do {
    await sleep(task.pollIntervalMs);
    task = await ask('tasks/get', { taskId: task.taskId });
    say('client', `polls: ${task.status} (${task.statusMessage})`);
  } while (task.status === 'working');
  say('model', `is given the outcome: ${task.result?.content[0]?.text.slice(0, 250)}…`);
  server.stdin.end();
}
