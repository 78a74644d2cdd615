import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { prepare } from './claude-code.mjs';

const LIMIT_MS = 120_000;

/** Claude Code in a terminal, where it declares the tasks extension and stays to hear how a task ends. */
export async function converse(plan) {
  const { args, env, cwd } = prepare(plan);
  // A tmux server of its own, with its socket in the home of this run.
  const socket = join(homedir(), 'tmux');
  const tmux = async (...command) => (await promisify(execFile)('tmux', ['-S', socket, ...command], { env })).stdout;
  const screen = () => tmux('capture-pane', '-p', '-t', 'claude');
  const heard = async () => (await fetch(`${plan.model}/heard`)).json();
  const deadlineMs = performance.now() + LIMIT_MS;
  async function until(what, holds) {
    while (!(await holds())) {
      if (performance.now() > deadlineMs) throw new Error(`${what} did not come:\n${await screen()}`);
      await sleep(250);
    }
  }

  await tmux('new-session', '-d', '-s', 'claude', '-x', '160', '-y', '50', '-c', cwd, process.execPath, ...args);
  try {
    await until('the prompt', async () => /^\s*[❯>]/m.test(await screen()));
    // It connects to the server behind its first prompt, and the model has the tools only after that.
    await until('a turn with the tools', async () => {
      await tmux('send-keys', '-t', 'claude', '-l', plan.prompt);
      await sleep(500);
      await tmux('send-keys', '-t', 'claude', 'Enter');
      await sleep(2000);
      return (await heard()).tools.length > 0;
    });
    const [{ expected }] = plan.steps;
    await until('the outcome', async () => {
      const text = JSON.stringify(await heard()).replaceAll('\\', '');
      return expected.every((part) => text.includes(part));
    });
  } finally {
    await tmux('kill-server').catch(() => {});
  }
}
