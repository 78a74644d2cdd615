import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';
import type { State } from './states.js';

/** The host's page: a list of states, what the host can do, and the view in a frame. */

const CAPABILITIES = ['serverTools', 'openLinks', 'downloadFile', 'updateModelContext'];
const WIDTHS = ['280px', '480px', '720px', '100%'];

const HANDLE = { resultType: 'task', taskId: 'preview', status: 'working', content: [] };

const find = (id: string) => document.getElementById(id) ?? document.body;
const states: Record<string, State> = await (await fetch('states')).json();
let bridge: AppBridge | undefined;
let shown = Object.keys(states)[1] ?? '';

const settings = document.createElement('form');
settings.innerHTML = `
  <fieldset>
    <label>Theme <select name="theme"><option>light<option>dark</select></label>
    <label>Width <select name="width">${WIDTHS.map((width) => `<option${width === '720px' ? ' selected' : ''}>${width}`).join('')}</select></label>
    <label>Locale <select name="locale"><option>en-US<option>de-DE<option>ar-EG<option>zh-CN</select></label>
  </fieldset>
  <fieldset>${CAPABILITIES.map((name) => `<label><input type="checkbox" name="${name}" checked> ${name}</label>`).join('')}</fieldset>
  <button type="button">Tear it down</button>`;

function log(what: string, params: unknown): void {
  find('log').prepend(`${new Date().toLocaleTimeString()}  ${what}  ${JSON.stringify(params)}\n`);
}

async function call(name: string, args: unknown): Promise<{ content: [] }> {
  const response = await fetch('call', { method: 'POST', body: JSON.stringify({ name, arguments: args }) });
  return response.json();
}

const contextOf = (form: FormData) => ({
  theme: form.get('theme') === 'dark' ? ('dark' as const) : ('light' as const),
  locale: String(form.get('locale')),
  availableDisplayModes: ['inline' as const, 'fullscreen' as const],
});

async function show(name: string): Promise<void> {
  const state = states[name];
  if (!state) return;
  shown = name;
  for (const button of document.querySelectorAll('nav > button')) {
    button.toggleAttribute('aria-current', button.textContent === name);
  }
  const previous = bridge;
  bridge = undefined;
  await previous?.close();
  // Another one was chosen meanwhile.
  if (shown !== name) return;
  find('log').textContent = '';
  const form = new FormData(settings);
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.title = name;
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
    return call(params.name, params.arguments);
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
  await current.sendToolInput({ arguments: args });
  if (instead === 'nothing') return;
  if (instead === 'cancelled') return current.sendToolCancelled({ reason: 'Stopped by the person.' });
  if (instead === 'unreadable') return current.sendToolResult({ content: [] });
  const result = instead === 'handle' ? HANDLE : await call(tool, args);
  // Another state may have been chosen meanwhile.
  if (bridge === current) await current.sendToolResult(result);
}

for (const name of Object.keys(states)) {
  const button = document.createElement('button');
  button.textContent = name;
  button.onclick = () => show(name);
  find('states').append(button);
}
find('states').append(settings);
settings.onchange = ({ target }) => {
  const form = new FormData(settings);
  document.documentElement.style.colorScheme = String(form.get('theme'));
  // As hosts do, without showing anything anew.
  if (target instanceof HTMLSelectElement && target.name !== 'width') bridge?.sendHostContextChange(contextOf(form));
  else show(shown);
};
settings.querySelector('button')?.addEventListener('click', () => bridge?.teardownResource({}));
await show(shown);
