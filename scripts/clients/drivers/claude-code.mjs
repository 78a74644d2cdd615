import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const NAME = 'kling-tasks';
const KEY = 'sk-ant-scripted-model-on-loopback';
/** Starts the native program of this platform, which is a package of its own. */
const CLI = fileURLToPath(new URL('../node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs', import.meta.url));

/**
 * Prepares a home and a project in which Claude Code asks no questions: no onboarding, the key approved, the project
 * trusted, and the server configured.
 * @returns how it is started: its arguments, variables and working directory
 */
export function prepare({ server, model }) {
  const project = join(homedir(), 'project');
  mkdirSync(project, { recursive: true });
  const config = join(homedir(), 'mcp.json');
  writeFileSync(config, JSON.stringify({ mcpServers: { [NAME]: { type: 'stdio', ...server } } }));
  const settings = {
    hasCompletedOnboarding: true,
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: { [project]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  };
  writeFileSync(join(homedir(), '.claude.json'), JSON.stringify(settings));
  const allowed = `mcp__${NAME}`;
  return {
    args: [CLI, '--mcp-config', config, '--strict-mcp-config', '--allowedTools', allowed],
    env: {
      ...process.env,
      ANTHROPIC_BASE_URL: model,
      ANTHROPIC_API_KEY: KEY,
      ENABLE_TOOL_SEARCH: 'false',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    },
    cwd: project,
  };
}

/** Claude Code with `-p`: one prompt, the calls that the model makes, its last words. */
export async function converse(plan) {
  const { args, env, cwd } = prepare(plan);
  const run = promisify(execFile)(process.execPath, [...args, '-p', plan.prompt], { env, cwd });
  run.child.stdin.end();
  await run;
}
