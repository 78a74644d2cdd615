import { readFile } from 'node:fs/promises';
import type { ReadResourceResult, Resource } from '@modelcontextprotocol/sdk/types.js';
import { VIEW_URI } from '../tools/tool.js';

const MIME_TYPE = 'text/html;profile=mcp-app';

/** The domains on which results have been seen, and related ones. A host blocks media from all others. */
export const MEDIA_DOMAINS = [
  'https://*.acedata.cloud',
  'https://*.klingai.com',
  'https://*.kling.ai',
  'https://*.kechuangai.com',
];

/** The view as `resources/list` names it. Some clients offer resources to their models: hence audience and description. */
export const VIEW_RESOURCE: Resource = {
  uri: VIEW_URI,
  name: 'kling-tasks-view',
  title: 'Kling tasks',
  description: 'A page with which the host shows the results of the tools. It holds no information for the model.',
  mimeType: MIME_TYPE,
  annotations: { audience: ['user'] },
};

/** The view as `resources/read` gives it, from the file that holds the built page. */
export async function readView(file: string): Promise<ReadResourceResult> {
  const text = await readFile(file, 'utf8');
  const _meta = { ui: { csp: { resourceDomains: MEDIA_DOMAINS }, prefersBorder: true } };
  return { contents: [{ uri: VIEW_URI, mimeType: MIME_TYPE, text, _meta }] };
}
