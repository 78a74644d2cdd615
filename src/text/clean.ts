/** Replaces a secret. */
export const REDACTED = '[redacted]';

/**
 * Invisible characters, which can hide instructions from a human reader (bidi overrides, Unicode tags …). Kept: newline and
 * tab; the joiners, presentation selectors and direction marks that emoji and scripts need; the tags that make the flags of
 * England, Scotland and Wales; and the visible Arabic number signs that Unicode counts as format.
 */
const INVISIBLE =
  /(\p{RGI_Emoji_Tag_Sequence})|[[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]--[\n\t\u061c\u200c-\u200f\ufe0e\ufe0f\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]]/gv;

/**
 * Terminal sequences: CSI, OSC up to its end, and the short ones. The pattern of Node's stripVTControlCharacters takes
 * quadratic time (80 KB of ";#" behind an ESC: 5 s); here no two neighbouring repetitions share a character.
 */
const TERMINAL_SEQUENCE =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\u009d]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]?[\dA-PR-TZcf-ntqry=><~]/g;

/** Text from outside, made safe to show: no terminal sequences, no invisible characters, no lone surrogates. */
export function cleanText(text: string): string {
  // Most of what the API sends: keys, ids, URLs.
  if (/^[ -~]*$/.test(text)) return text;
  // Made well-formed first: removing what is between two surrogate halves could join them to an invisible character.
  const lines = text.toWellFormed().replace(TERMINAL_SEQUENCE, '').replace(/\r\n?/g, '\n');
  return lines.replace(INVISIBLE, '$1');
}

/** Cuts a text to at most `max` UTF-16 units, ending in an ellipsis and never in half a character. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Clean text on one line, at most `max` UTF-16 units long. */
export function cleanLine(text: string, max: number): string {
  return cutText(cleanText(text).replace(/\s+/g, ' ').trim(), max);
}

/** Replacing fewer characters wherever they occur would garble every text; no token is that short. */
export const MIN_SECRET_LENGTH = 8;

/** Replaces secrets in a text. */
export type Redact = (text: string) => string;

/** Returns a function that replaces the secrets wherever they occur, without regard to case. */
export function redactor(...secrets: (string | undefined)[]): Redact {
  const patterns = [...new Set(secrets)]
    .filter((secret) => secret !== undefined && secret.length >= MIN_SECRET_LENGTH)
    .map((secret = '') => secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    // The longest first, because one may be the beginning of another.
    .sort((a, b) => b.length - a.length);
  if (patterns.length === 0) return (text) => text;
  const any = new RegExp(patterns.join('|'), 'gi');
  return (text) => text.replace(any, REDACTED);
}
