import { readFileSync, statSync } from 'node:fs';
import { parse } from 'dotenv';
import { present, type Settings, type TokenSource, tokenIn, VARIABLES } from './variables.js';

/** A .env: its text, or why it does not count; neither where there is none. */
export interface DotenvFile {
  text?: string | undefined;
  warning?: string;
}

const MAX_BYTES = 64 * 1024;

const TOKEN = 'ACEDATACLOUD_API_TOKEN';
const NAMES = Object.keys(VARIABLES).join('|');
const MENTION = new RegExp(`\\b(?:${NAMES})\\s*=`);
const SHELL_LINE = new RegExp(`^[ \\t]*(?:setx?[ \\t]+"?|\\$env:)(?:${NAMES})\\b`, 'im');

/** Reads the .env in the working directory, which may be a stranger's: only a small regular file counts. Never throws. */
export function readDotenvFile(): DotenvFile {
  try {
    const stat = statSync('.env', { throwIfNoEntry: false });
    if (!stat) return {};
    if (stat.isFile() && stat.size <= MAX_BYTES) return { text: readFileSync('.env', 'utf8') };
    return { warning: `.env is ignored: it must be a regular file of at most ${MAX_BYTES / 1024} KB.` };
  } catch (error) {
    return { warning: `.env is ignored: it cannot be read${error instanceof Error ? ` (${error.message})` : ''}.` };
  }
}

function settingsIn(values: NodeJS.ProcessEnv): Settings {
  const settings = new Map<string, string>();
  for (const name of Object.keys(VARIABLES)) {
    const value = name === TOKEN ? tokenIn(values[name]) : present(values[name]);
    if (value !== undefined) settings.set(name, value);
  }
  return settings;
}

/**
 * The settings that count, and warnings about those that do not. A .env counts only if it sets the token and the environment
 * does not: clients start the server in the user's current project, so the file may come from a stranger, who must not be
 * able to redirect the user's token or to change anything else. It then supplies what the environment lacks.
 */
export function readSettings(
  environment: NodeJS.ProcessEnv,
  { text = '', warning }: DotenvFile,
): { settings: Settings; tokenSource: TokenSource; warnings: string[] } {
  const own = settingsIn(environment);
  // dotenv takes time quadratic in the number of blank lines (9 s for 64 KB), so they are removed first.
  const file = settingsIn(parse(text.replace(/[\r\n\u2028\u2029]\s*/g, '\n')));
  const warnings = [warning, flawOf(text, own.has(TOKEN))].filter((each) => each !== undefined);
  if (file.has(TOKEN) && !own.has(TOKEN)) {
    return { settings: new Map([...file, ...own]), tokenSource: '.env in the working directory', warnings };
  }
  const reason = own.has(TOKEN) ? 'the environment sets the token' : `it does not set ${TOKEN}`;
  if (file.size > 0) warnings.push(`.env is ignored (${[...file.keys()].join(', ')}), because ${reason}.`);
  return { settings: own, tokenSource: 'the environment', warnings };
}

/** What to correct in a file that sets the server's variables in a form that dotenv does not understand. */
function flawOf(text: string, hasToken: boolean): string | undefined {
  // In UTF-16 that is read as UTF-8, every ASCII character is followed or preceded by a null character.
  if (text.includes('\0') && MENTION.test(text.replaceAll('\0', ''))) {
    return '.env is ignored, because it seems to be saved as UTF-16: save it as UTF-8.';
  }
  // Corrected, they would be ignored all the same.
  if (!SHELL_LINE.test(text) || hasToken) return undefined;
  return 'Lines of .env that begin with "set" or "$env:" are ignored: write NAME=value, with nothing before the name.';
}
