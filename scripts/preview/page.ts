import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';
import type { State } from './states.js';

/** The host's page: a list of states, what the host can do, and the view in a frame. */

const CAPABILITIES = ['serverTools', 'openLinks', 'downloadFile', 'updateModelContext'];
const WIDTHS = ['320px', '480px', '800px', '100%'];
/** What comes of the view's own calls. */
const CALLS = ['answered', 'declined', 'as tasks of the protocol', 'failing'];

const optionsOf = (all: string[], chosen = all[0]) =>
  all.map((name) => `<option${name === chosen ? ' selected' : ''}>${name}`).join('');
const find = (id: string) => document.getElementById(id) ?? document.body;

const groups: Record<string, Record<string, State>> = await (await fetch('states')).json();
let bridge: AppBridge | undefined;
let shown: State | undefined;

const settings = document.createElement('form');
settings.innerHTML = `
  <fieldset>
    <label>Theme <select name="theme">${optionsOf(['light', 'dark'])}</select></label>
    <label>Width <select name="width">${optionsOf(WIDTHS, '480px')}</select></label>
    <label>Locale <select name="locale">${optionsOf(['en-US', 'de-DE', 'ar-EG', 'zh-CN'])}</select></label>
    <label>Calls <select name="calls">${optionsOf(CALLS)}</select></label>
  </fieldset>
  <fieldset>${CAPABILITIES.map((name) => `<label><input type="checkbox" name="${name}" checked> ${name}</label>`).join('')}</fieldset>`;

function log(what: string, params: unknown): void {
  find('log').prepend(`${new Date().toLocaleTimeString()}  ${what}  ${JSON.stringify(params)}\n`);
}

async function call(name: string, args: unknown): Promise<{ content: [] }> {
  const response = await fetch('call', { method: 'POST', body: JSON.stringify({ name, arguments: args }) });
  return response.json();
}

/** Answers a call of the view's own, as the settings say. */
async function callForView(name: string, args: Record<string, unknown> = {}) {
  switch (new FormData(settings).get('calls')) {
    case 'declined':
      throw new Error('The user declined the call.');
    case 'as tasks of the protocol':
      if (Number(args.wait_seconds) > 0) throw new Error("Unsupported result type 'task' for tools/call");
      break;
    case 'failing':
      return { content: [{ type: 'text' as const, text: '[network_error] There is no connection.' }], isError: true };
  }
  return call(name, args);
}

const contextOf = (form: FormData) => ({
  theme: form.get('theme') === 'dark' ? ('dark' as const) : ('light' as const),
  locale: String(form.get('locale')),
  availableDisplayModes: ['inline' as const, 'fullscreen' as const],
});

async function show(state: State): Promise<void> {
  shown = state;
  const previous = bridge;
  bridge = undefined;
  await previous?.close();
  await fetch('chosen', { method: 'POST' });
  // Another one was chosen meanwhile.
  if (shown !== state) return;
  find('log').textContent = '';
  const form = new FormData(settings);
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.title = 'View';
  frame.style.width = String(form.get('width'));
  find('place').replaceChildren(frame);
  const view = frame.contentWindow;
  if (!view) return;

  const capabilities = Object.fromEntries(CAPABILITIES.filter((each) => form.has(each)).map((each) => [each, {}]));
  const current = new AppBridge(null, { name: 'preview', version: '1.0.0' }, capabilities, {
    hostContext: contextOf(form),
  });
  current.oncalltool = (params) => {
    log('tools/call', params);
    return callForView(params.name, params.arguments);
  };
  current.onopenlink = async ({ url }) => {
    log('ui/open-link', url);
    return {};
  };
  current.ondownloadfile = async (params) => {
    log('ui/download-file', params);
    return {};
  };
  current.onupdatemodelcontext = async (params) => {
    log('ui/update-model-context', params);
    return {};
  };
  current.onrequestdisplaymode = async ({ mode }) => {
    log('ui/request-display-mode', mode);
    frame.classList.toggle('fullscreen', mode === 'fullscreen');
    return { mode: mode === 'fullscreen' ? mode : 'inline' };
  };
  current.onsizechange = ({ height }) => {
    if (height !== undefined) frame.style.height = `${height}px`;
  };
  current.oninitialized = () => tell(current, state);
  await current.connect(new PostMessageTransport(view, view));
  bridge = current;
  frame.src = 'view';
}

async function tell(current: AppBridge, { tool, args, instead }: State): Promise<void> {
  if (bridge !== current) return;
  if (Object.keys(args).length > 0) await current.sendToolInput({ arguments: args });
  if (instead === 'nothing') return;
  if (instead === 'cancelled') return current.sendToolCancelled({});
  const result = instead ? { content: [], ...instead } : await call(tool, args);
  // Another state may have been chosen meanwhile.
  if (bridge === current) await current.sendToolResult(result);
}

function button(parent: Element, label: string, onClick: (self: HTMLButtonElement) => void): HTMLButtonElement {
  const element = document.createElement('button');
  element.textContent = label;
  element.onclick = () => onClick(element);
  parent.append(element);
  return element;
}

const buttons = Object.entries(groups).flatMap(([group, states]) => {
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
find('settings').append(settings);
button(find('actions'), "Cancel the host's call", () => bridge?.sendToolCancelled({}));
button(find('actions'), 'Tear it down', () => bridge?.teardownResource({}));
settings.onchange = ({ target }) => {
  const form = new FormData(settings);
  document.documentElement.style.colorScheme = String(form.get('theme'));
  const name = target instanceof HTMLSelectElement ? target.name : '';
  // As hosts do, without showing anything anew.
  if (name === 'theme' || name === 'locale') bridge?.sendHostContextChange(contextOf(form));
  else if (name === 'width')
    find('place')
      .querySelector('iframe')
      ?.style.setProperty('width', String(form.get('width')));
  else if (name !== 'calls' && shown) show(shown);
};
buttons[0]?.click();
