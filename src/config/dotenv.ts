import { readFileSync, statSync } from 'node:fs';
import { parse } from 'dotenv';
import { type Environment, present, type Setting, VARIABLES, type Variable } from './settings.js';
import { tokenIn } from './token.js';

const MAX_BYTES = 64 * 1024;
const FILE = '.env in the working directory';

const NAMES = VARIABLES.join('|');
const MENTION = new RegExp(`\\b(?:${NAMES})\\s*=`);
const SHELL_LINE = new RegExp(`^\\s*(?:setx?\\s+"?|\\$env:)(?:${NAMES})\\b`, 'im');

/** What the .env in the working directory holds, or why it cannot be used. */
export interface DotenvFile {
  text?: string;
  warning?: string;
}

/** Reads .env. The directory may be anybody's, so only a small regular file counts. Never throws. */
export function readDotenvFile(): DotenvFile {
  try {
    const stat = statSync('.env', { throwIfNoEntry: false });
    if (!stat) return {};
    if (stat.isFile() && stat.size <= MAX_BYTES) return { text: readFileSync('.env', 'utf8') };
    return { warning: `${FILE} is ignored: it must be a regular file of at most ${MAX_BYTES / 1024} KB.` };
  } catch (error) {
    return {
      warning: `${FILE} is ignored: it cannot be read (${error instanceof Error ? error.message : 'unknown'}).`,
    };
  }
}

/** The settings that count, and warnings about those that do not. */
export interface Settings {
  read(name: Variable): Setting | undefined;
  warnings: string[];
}

/**
 * Decides whether the .env counts: only if it brings the token and the environment brings none. Clients start the
 * server in the user's current project, so the file may be a stranger's, who must not be able to send the user's token
 * elsewhere or change anything else. If it counts, it supplies what the environment lacks.
 */
export function openSettings(environment: Environment, text = ''): Settings {
  const file: Environment = parse(text);
  const valueIn = (values: Environment, name: Variable) =>
    name === 'ACEDATACLOUD_API_TOKEN' ? tokenIn(values[name]) : present(values[name]);
  const hasToken = (values: Environment) => valueIn(values, 'ACEDATACLOUD_API_TOKEN') !== undefined;
  const counts = hasToken(file) && !hasToken(environment);

  const warnings: string[] = [];
  const ignored = counts ? [] : VARIABLES.filter((name) => valueIn(file, name) !== undefined);
  const unreadable = flawOf(text);
  if (unreadable) warnings.push(unreadable);
  else if (ignored.length > 0) {
    const reason = hasToken(environment) ? 'the environment sets the token' : 'it does not set ACEDATACLOUD_API_TOKEN';
    warnings.push(`${FILE} is ignored (${ignored.join(', ')}), because ${reason}.`);
  }
  return {
    warnings,
    read(name) {
      const value = valueIn(environment, name);
      if (value !== undefined) return { value, source: 'environment' };
      const fromFile = counts ? valueIn(file, name) : undefined;
      return fromFile === undefined ? undefined : { value: fromFile, source: '.env' };
    },
  };
}

/** What to mend in a file that sets the server's variables in a way that is not understood. */
function flawOf(text: string): string | undefined {
  // UTF-16 read as UTF-8 has a null character beside each ASCII character.
  if (text.includes('\0') && MENTION.test(text.replaceAll('\0', ''))) {
    return `${FILE} is ignored, because it is not saved as UTF-8 (but as UTF-16, it seems): save it as UTF-8.`;
  }
  if (SHELL_LINE.test(text)) {
    return `Lines of ${FILE} that begin with "set" or "$env:" are ignored: write NAME=value, with nothing before the name.`;
  }
  return undefined;
}
