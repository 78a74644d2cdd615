import { readFileSync, statSync } from 'node:fs';
import { parse } from 'dotenv';
import { type Environment, present, type Setting, VARIABLES, type Variable } from './settings.js';
import { tokenIn } from './token.js';

const MAX_BYTES = 64 * 1024;

const NAMES = VARIABLES.join('|');
const MENTION = new RegExp(`\\b(?:${NAMES})\\s*=`);
const SHELL_LINE = new RegExp(`^[ \\t]*(?:setx?[ \\t]+"?|\\$env:)(?:${NAMES})\\b`, 'im');

/** Reads the .env in the working directory, which may be a stranger's: only a small regular file counts. Never throws. */
export function readDotenvFile(): { text?: string; warning?: string } {
  try {
    const stat = statSync('.env', { throwIfNoEntry: false });
    if (!stat) return {};
    if (stat.isFile() && stat.size <= MAX_BYTES) return { text: readFileSync('.env', 'utf8') };
    return { warning: `.env is ignored: it must be a regular file of at most ${MAX_BYTES / 1024} KB.` };
  } catch (error) {
    return { warning: `.env is ignored: it cannot be read${error instanceof Error ? ` (${error.message})` : ''}.` };
  }
}

/** The value of a variable, undefined if it counts as absent. */
function valueIn(values: Environment, name: Variable): string | undefined {
  return name === 'ACEDATACLOUD_API_TOKEN' ? tokenIn(values[name]) : present(values[name]);
}

/** The settings that count, and warnings about those that do not. */
export interface Settings {
  read(name: Variable): Setting | undefined;
  warnings: string[];
}

/**
 * Decides whether the .env counts: only if it sets the token and the environment does not. Clients start the server in
 * the user's current project, so the file may come from a stranger, who must not be able to redirect the user's token or
 * to change anything else. A .env that counts supplies what the environment lacks.
 */
export function openSettings(environment: Environment, text = ''): Settings {
  // dotenv takes time quadratic in the number of blank lines (9 s for 64 KB), so they are removed first.
  const file: Environment = parse(text.replace(/[\r\n\u2028\u2029]\s*/g, '\n'));
  const hasToken = (values: Environment) => valueIn(values, 'ACEDATACLOUD_API_TOKEN') !== undefined;
  const counts = hasToken(file) && !hasToken(environment);
  const ignored = counts ? [] : VARIABLES.filter((name) => valueIn(file, name) !== undefined);
  const reason = hasToken(environment) ? 'the environment sets the token' : 'it does not set ACEDATACLOUD_API_TOKEN';
  const ignoring = ignored.length > 0 ? `.env is ignored (${ignored.join(', ')}), because ${reason}.` : undefined;
  return {
    warnings: [flawOf(text, hasToken(environment)), ignoring].filter((warning) => warning !== undefined),
    read(name) {
      const value = valueIn(environment, name);
      if (value !== undefined) return { value, source: 'environment' };
      const fromFile = counts ? valueIn(file, name) : undefined;
      return fromFile === undefined ? undefined : { value: fromFile, source: '.env' };
    },
  };
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
