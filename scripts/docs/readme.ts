import { CLIENTS } from '../clients/list.js';
import { installSection } from './install.js';
import { fillIn, table } from './markdown.js';
import { variableDocs } from './variables.js';

function configurationTable(): string {
  const rows = variableDocs.map(({ name, description, choices, ...rest }) => [
    `\`${name}\``,
    rest.default === undefined ? '(required)' : `\`${rest.default}\``,
    choices
      ? `${description.replace(/\.$/, '')}: ${choices.map((choice) => `\`${choice}\``).join(', ')}.`
      : description,
  ]);
  return table(['variable', 'default', 'description'], rows);
}

function clientList(): string {
  const clients = CLIENTS.map(({ name, packages }) => `${name} (${packages[0].replace(/.*[@=]/, '')})`);
  return `${clients.slice(0, -1).join(' · ')} · ${clients.at(-1)}`;
}

/** The README with its generated parts made anew. */
export function renderReadme(readme: string): string {
  return fillIn(readme, { install: installSection(), clients: clientList(), configuration: configurationTable() });
}
