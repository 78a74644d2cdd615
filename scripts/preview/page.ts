import '../../test/view/support/page/host.js';
import { policyOf } from '../../test/view/support/policy.js';
import { errorResult } from '../../test/view/support/tasks.js';
import { callTool, choose, STATES, type State } from './states.js';

/** The host's page: a list of states, what the host can do, and the view in a frame. */

/** Given by the build. */
declare const MEDIA_DOMAINS: string[];

const CAPABILITIES = ['serverTools', 'openLinks', 'downloadFile', 'updateModelContext'];
/** What the host can be set to, the first of each unless chosen otherwise; `Calls` is what comes of the view's own. */
const SETTINGS = {
  Theme: ['light', 'dark'],
  Width: ['480px', '320px', '800px', '100%'],
  Locale: ['en-US', 'de-DE', 'ar-EG', 'zh-CN'],
  Calls: ['answered', 'declined', 'as tasks of the protocol', 'failing'],
};

const find = (id: string) => document.body.shadowRoot?.getElementById(id) ?? document.body;

let shown: State | undefined;

const settings = document.createElement('form');
const selects = Object.entries(SETTINGS).map(([name, values]) => {
  const options = values.map((value) => `<option>${value}`).join('');
  return `<label>${name} <select name="${name}">${options}</select></label>`;
});
const boxes = CAPABILITIES.map((name) => `<label><input type="checkbox" name="${name}" checked> ${name}</label>`);
settings.innerHTML = [selects, boxes].map((labels) => `<fieldset>${labels.join('')}</fieldset>`).join('');
const setting = (name: keyof typeof SETTINGS) => String(new FormData(settings).get(name));

/** The view, with the policy that hosts derive; they would not let it load from here, too. */
const policy = policyOf([...MEDIA_DOMAINS, location.origin]);
const html = (await (await fetch('view.html')).text()).replace(
  '<meta',
  `<meta http-equiv="content-security-policy" content="${policy}"><meta`,
);
const viewUrl = URL.createObjectURL(new Blob([html], { type: 'text/html' }));

/** Answers a call of the view's own, as the settings say. */
async function callForView(args: Record<string, unknown> = {}) {
  switch (setting('Calls')) {
    case 'declined':
      throw new Error('The user declined the call.');
    case 'as tasks of the protocol':
      if (Number(args.wait_seconds) > 0) throw new Error("Unsupported result type 'task' for tools/call");
      break;
    case 'failing':
      return asSent(errorResult('[network_error] There is no connection.'));
  }
  return asSent(await callTool(args));
}

/** What comes over the pipe. */
const asSent = (result: object) => JSON.parse(JSON.stringify(result));

const hostContext = () => ({
  theme: setting('Theme') === 'dark' ? ('dark' as const) : ('light' as const),
  locale: setting('Locale'),
  availableDisplayModes: ['inline' as const, 'fullscreen' as const],
});

/** What the view asks the host for, or says. */
async function answer(kind: string, params: Record<string, unknown>): Promise<unknown> {
  if (kind === 'message') {
    if (!('id' in params && 'method' in params)) return;
    find('log').prepend(`${new Date().toLocaleTimeString()}  ${params.method}  ${JSON.stringify(params.params)}\n`);
    return;
  }
  if (kind === 'tools/call') return callForView(Object(params.arguments));
  if (kind !== 'request-display-mode') return {};
  document.querySelector('iframe')?.classList.toggle('fullscreen', params.mode === 'fullscreen');
  return { mode: params.mode };
}
Object.assign(window, { ask: answer });

async function show(state: State): Promise<void> {
  shown = state;
  choose();
  find('log').textContent = '';
  const form = new FormData(settings);
  const capabilities = Object.fromEntries(CAPABILITIES.filter((each) => form.has(each)).map((each) => [each, {}]));
  await window.openView({ capabilities, context: hostContext(), viewUrl, width: setting('Width') });
  const { bridge } = window;
  const { args, instead } = state;
  // Another state may be chosen meanwhile.
  if (shown !== state) return;
  if (Object.keys(args).length > 0) await bridge.sendToolInput({ arguments: args });
  if (instead === 'nothing') return;
  if (instead === 'cancelled') return bridge.sendToolCancelled({});
  const result = asSent(instead ? { content: [], ...instead } : await callTool(args));
  if (shown === state) await bridge.sendToolResult(result);
}

function button(parent: Element, label: string, onClick: (self: HTMLButtonElement) => void): HTMLButtonElement {
  const element = document.createElement('button');
  element.textContent = label;
  element.onclick = () => onClick(element);
  parent.append(element);
  return element;
}

find('settings').append(settings);
button(find('actions'), "Cancel the host's call", () => window.bridge.sendToolCancelled({}));
button(find('actions'), 'Tear it down', () => window.bridge.teardownResource({}));
settings.onchange = ({ target }) => {
  document.documentElement.style.colorScheme = setting('Theme');
  const isContext = target instanceof HTMLSelectElement && ['Theme', 'Locale'].includes(target.name);
  // As hosts do, without showing anything anew.
  if (isContext) window.bridge.sendHostContextChange(hostContext());
  else if (shown) show(shown);
};

const buttons = Object.entries(STATES).flatMap(([group, states]) => {
  const section = document.createElement('section');
  section.innerHTML = `<h2>${group}</h2>`;
  find('states').append(section);
  return Object.entries(states).map(([name, state]) =>
    button(section, name, (self) => {
      for (const each of buttons) each.toggleAttribute('aria-current', each === self);
      show(state);
    }),
  );
});
buttons[0]?.click();
