import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';
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

const find = (id: string) => document.getElementById(id) ?? document.body;

let bridge: AppBridge | undefined;
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
async function viewHtml(): Promise<string> {
  const policy = policyOf([...MEDIA_DOMAINS, location.origin]);
  const html = await (await fetch('view.html')).text();
  return html.replace('<meta', `<meta http-equiv="content-security-policy" content="${policy}"><meta`);
}

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

async function show(state: State): Promise<void> {
  shown = state;
  const previous = bridge;
  bridge = undefined;
  await previous?.close();
  choose();
  const html = await viewHtml();
  // Another one was chosen meanwhile.
  if (shown !== state) return;
  find('log').textContent = '';
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.title = 'View';
  frame.style.width = setting('Width');
  find('place').replaceChildren(frame);
  const view = frame.contentWindow;
  if (!view) return;

  const form = new FormData(settings);
  const capabilities = Object.fromEntries(CAPABILITIES.filter((each) => form.has(each)).map((each) => [each, {}]));
  const current = new AppBridge(null, { name: 'preview', version: '1.0.0' }, capabilities, {
    hostContext: hostContext(),
  });
  current.oncalltool = (params) => callForView(params.arguments);
  current.onopenlink = async () => ({});
  current.ondownloadfile = async () => ({});
  current.onupdatemodelcontext = async () => ({});
  current.onrequestdisplaymode = async ({ mode }) => {
    frame.classList.toggle('fullscreen', mode === 'fullscreen');
    return { mode: mode === 'fullscreen' ? mode : 'inline' };
  };
  current.onsizechange = ({ height }) => {
    if (height !== undefined) frame.style.height = `${height}px`;
  };
  current.oninitialized = () => tell(current, state);
  await current.connect(new PostMessageTransport(view, view));
  bridge = current;
  frame.srcdoc = html;
}

async function tell(current: AppBridge, { args, instead }: State): Promise<void> {
  if (bridge !== current) return;
  if (Object.keys(args).length > 0) await current.sendToolInput({ arguments: args });
  if (instead === 'nothing') return;
  if (instead === 'cancelled') return current.sendToolCancelled({});
  const result = asSent(instead ? { content: [], ...instead } : await callTool(args));
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

// What the view asks the host for.
window.addEventListener('message', ({ data }) => {
  const { id, method, params } = Object(data);
  if (id === undefined || !method) return;
  find('log').prepend(`${new Date().toLocaleTimeString()}  ${method}  ${JSON.stringify(params)}\n`);
});
find('settings').append(settings);
button(find('actions'), "Cancel the host's call", () => bridge?.sendToolCancelled({}));
button(find('actions'), 'Tear it down', () => bridge?.teardownResource({}));
settings.onchange = ({ target }) => {
  document.documentElement.style.colorScheme = setting('Theme');
  const isContext = target instanceof HTMLSelectElement && ['Theme', 'Locale'].includes(target.name);
  // As hosts do, without showing anything anew.
  if (isContext) bridge?.sendHostContextChange(hostContext());
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
