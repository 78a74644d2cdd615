import { readFile } from 'node:fs/promises';
import type { JsonObject } from '../text/json.js';
import { VIEW_URI } from '../tools/view-uri.js';
import { ErrorCode, invalidParams, ProtocolError } from './json-rpc.js';

const MIME_TYPE = 'text/html;profile=mcp-app';

/** The domains on which results have been seen, and related ones. A host blocks media from all others. */
const MEDIA_DOMAINS = [
  'https://*.acedata.cloud',
  'https://*.klingai.com',
  'https://*.kling.ai',
  'https://*.kechuangai.com',
];

/** The answer to `resources/list`. Some clients offer resources to their models, hence the audience and the description. */
export const RESOURCES = [
  {
    uri: VIEW_URI,
    name: 'kling-tasks-view',
    title: 'Kling tasks',
    description: 'A page with which the host shows the results of the tools. It holds no information for the model.',
    mimeType: MIME_TYPE,
    annotations: { audience: ['user'] },
  },
];

/**
 * The view as `resources/read` gives it.
 * @param file the built page
 * @param unknownCode the code of the error if the URI is no resource of this server
 */
export async function readResource(uri: unknown, file: string, unknownCode: number): Promise<JsonObject> {
  if (typeof uri !== 'string') throw invalidParams('params.uri must be a string.');
  if (uri !== VIEW_URI) {
    throw new ProtocolError(unknownCode, `params.uri names no resource; there is only ${VIEW_URI}.`, { uri });
  }
  const text = await readFile(file, 'utf8').catch(() => {
    throw new ProtocolError(
      ErrorCode.internal,
      'The page is missing from this installation: install the package again.',
    );
  });
  const _meta = { ui: { csp: { resourceDomains: MEDIA_DOMAINS }, prefersBorder: true } };
  return { contents: [{ uri, mimeType: MIME_TYPE, text, _meta }] };
}
