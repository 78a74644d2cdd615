import type {
  McpUiDisplayMode,
  McpUiDownloadFileRequest,
  McpUiHostCapabilities,
  McpUiInitializeRequest,
  McpUiOpenLinkRequest,
  McpUiRequestDisplayModeRequest,
  McpUiUpdateModelContextRequest,
} from '@modelcontextprotocol/ext-apps';
import { isObject } from '../text/json.js';
import { NOTIFICATION, notify, request } from './connection.js';
import { fileNameIn, type JsonObject, listOf, objectOf } from './json.js';

/** Defined by the build. */
declare const VERSION: string;

/** Where the host shows this page: `theme`, `locale`, `displayMode` and so on; a host may leave out any of it. */
export let context: JsonObject = {};

let capabilities: JsonObject = {};
let changed = () => {};

/** Merges the changed part of the context. */
export function mergeContext(changes: JsonObject): void {
  context = { ...context, ...changes };
  changed();
}

/**
 * Shakes hands, in the revision 2026-01-26 of MCP Apps.
 * @param onContext is called whenever the context changes, first before the host learns that the page is ready
 * @throws Error where the host refuses
 */
export async function connect(onContext: () => void): Promise<void> {
  const { hostCapabilities, hostContext } = await request('ui/initialize', {
    protocolVersion: '2026-01-26',
    appInfo: { name: 'kling-tasks-mcp', version: VERSION },
    appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
  } satisfies McpUiInitializeRequest['params']);
  capabilities = objectOf(hostCapabilities);
  changed = onContext;
  mergeContext(objectOf(hostContext));
  notify(`${NOTIFICATION}initialized`, {});
}

/** Whether the host announced a capability; without that, it is not used. */
export const can = (capability: keyof McpUiHostCapabilities & ('serverTools' | 'openLinks' | 'downloadFile')) =>
  isObject(capabilities[capability]);

/** @throws Error where the host refuses, as for the other requests */
async function ask(method: string, params: JsonObject): Promise<JsonObject> {
  const result = await request(method, params);
  if (result.isError === true) throw new Error('refused');
  return result;
}

export const openLink = (url: string) => ask('ui/open-link', { url } satisfies McpUiOpenLinkRequest['params']);

export const download = (url: string) =>
  ask('ui/download-file', {
    contents: [{ type: 'resource_link', uri: url, name: fileNameIn(url) }],
  } satisfies McpUiDownloadFileRequest['params']);

/** The display mode to which a person can switch from here. */
export function otherDisplayMode(): 'inline' | 'fullscreen' | undefined {
  const mode = context.displayMode === 'fullscreen' ? 'inline' : 'fullscreen';
  return listOf(context.availableDisplayModes).includes(mode) ? mode : undefined;
}

export async function setDisplayMode(mode: McpUiDisplayMode): Promise<void> {
  const result = await ask('ui/request-display-mode', { mode } satisfies McpUiRequestDisplayModeRequest['params']);
  mergeContext({ displayMode: result.mode });
}

/** Gives the model a text for its next turn, if the host accepts one. A host that names no modalities accepts all. */
export async function tellModel(text: string): Promise<void> {
  const kinds = capabilities.updateModelContext;
  if (!isObject(kinds) || (Object.keys(kinds).length > 0 && !isObject(kinds.text))) return;
  await ask('ui/update-model-context', {
    content: [{ type: 'text', text }],
  } satisfies McpUiUpdateModelContextRequest['params']);
}
