import { cleanLine } from '../text/clean.js';
import type { JsonObject } from '../text/json.js';
import type { Tool } from '../tools/tool.js';
import type { Answer } from './connection.js';
import type { Exchange } from './exchange.js';
import { invalidParams } from './json-rpc.js';
import { RESOURCES, readResource } from './resources.js';
import type { Toolbox } from './toolbox.js';

/** What the answers of both eras are made from. */
export interface ServerOptions {
  info: { name: string; title: string; version: string };
  instructions: string;
  toolbox: Toolbox;
  /** The built page of the view. */
  viewFile: string;
  /** Aborted when the client is leaving: calls stop waiting and answer with what they know. */
  closing: AbortSignal;
}

/** The extensions that are announced in both eras; the era without sessions adds tasks. */
export const EXTENSIONS = { 'io.modelcontextprotocol/ui': {} };

/**
 * The methods that both eras have, by name.
 * @param unknownResource the error code for a resource that does not exist, which differs between them
 */
export function createFeatures(options: ServerOptions, unknownResource: number): Map<string, Answer> {
  const { toolbox, viewFile, closing } = options;
  return new Map<string, Answer>([
    ['tools/list', async ({ request }) => onePage(request.params, { tools: await toolbox.list() })],
    ['tools/call', async (exchange) => callTool(await toolOf(exchange, toolbox), exchange, closing)],
    ['resources/list', async ({ request }) => onePage(request.params, { resources: RESOURCES })],
    ['resources/templates/list', async ({ request }) => onePage(request.params, { resourceTemplates: [] })],
    ['resources/read', ({ request }) => readResource(request.params.uri, viewFile, unknownResource)],
  ]);
}

/** Answers `tools/call`. A failure inside the tool is a result as well. */
export function callTool(tool: Tool, exchange: Exchange, closing: AbortSignal): Promise<object> {
  const { request, cancelled, notifyProgress } = exchange;
  return tool.call(request.params.arguments, { stop: { cancelled, closing }, notifyProgress });
}

/** The lists fit on one page, so every cursor is refused. */
function onePage(params: JsonObject, page: JsonObject): JsonObject {
  if (params.cursor === undefined || params.cursor === '') return page;
  throw invalidParams('params.cursor is unknown: the list has one page.');
}

/** The tool that a call names. */
export async function toolOf({ request }: Exchange, toolbox: Toolbox): Promise<Tool> {
  const { name } = request.params;
  if (typeof name !== 'string') throw invalidParams('params.name must be a string.');
  const tools = await toolbox.load();
  const tool = tools.get(name);
  if (tool) return tool;
  const known = [...tools.keys()].join(' and ');
  const what = `There is no tool "${cleanLine(name, 40)}": this server only looks up Kling tasks, with ${known}.`;
  throw invalidParams(what);
}
