/** A Markdown table; a pipe inside a cell is escaped. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/**
 * Replaces the generated parts of a document. Each part stands between `<!-- name -->` and `<!-- /name -->`.
 * @throws Error if the document has no place for a part
 */
export function fillIn(document: string, parts: Record<string, string>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
    const from = text.indexOf(begin) + begin.length;
    const to = text.indexOf(end);
    if (from < begin.length || to < from) throw new Error(`No place for "${name}": ${begin.trim()} … ${end}`);
    return `${text.slice(0, from)}\n${part}\n\n${text.slice(to)}`;
  }, document);
}
