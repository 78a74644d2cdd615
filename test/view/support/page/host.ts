import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

/** What runs in the page of the host: the official host side, with a frame as hosts make them. */

type Bridge = AppBridge;
type Capabilities = ConstructorParameters<typeof AppBridge>[2];
type Context = NonNullable<NonNullable<ConstructorParameters<typeof AppBridge>[3]>['hostContext']>;

export interface PageOptions {
  capabilities: Capabilities;
  context: Context;
  viewUrl: string;
  width: string;
}

declare global {
  interface Window {
    /** Given by the test: what the host was asked for, and its answer. */
    ask(kind: string, params: unknown): Promise<never>;
    bridge: Bridge;
    openView(options: PageOptions): Promise<void>;
  }
}

window.openView = async ({ capabilities, context, viewUrl, width }) => {
  const frame = document.createElement('iframe');
  // Without `allow-same-origin`: the strictest frame that a host can make.
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.title = 'View';
  frame.style.width = width;
  document.body.replaceChildren(frame);
  const view = frame.contentWindow;
  if (!view) throw new Error('no frame');

  const bridge = new AppBridge(null, { name: 'test-host', version: '1.0.0' }, capabilities, { hostContext: context });
  window.bridge = bridge;
  window.addEventListener('message', ({ source, data }) => {
    if (source === view) window.ask('message', data);
  });
  bridge.onsizechange = ({ height }) => {
    if (height !== undefined) frame.style.height = `${height}px`;
  };
  // The view asks only for what the host announces.
  bridge.oncalltool = (params) => window.ask('tools/call', params);
  bridge.onopenlink = (params) => window.ask('open-link', params);
  bridge.ondownloadfile = (params) => window.ask('download-file', params);
  bridge.onupdatemodelcontext = (params) => window.ask('update-model-context', params);
  bridge.onrequestdisplaymode = (params) => window.ask('request-display-mode', params);

  const initialized = new Promise<void>((resolve) => {
    bridge.oninitialized = () => resolve();
  });
  await bridge.connect(new PostMessageTransport(view, view));
  frame.src = viewUrl;
  await initialized;
};
