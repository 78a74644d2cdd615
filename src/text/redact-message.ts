import { ANY_URL, hrefOf } from './url.js';

const VENDOR_URL = /^https?:\/\/(?:[\w-]+\.)*acedata\.cloud(?::\d+)?(?:[/?#]|$)/;
/** UUIDs, and runs of hexadecimal digits that are long enough for an id of the API's database (24). */
const ANY_ID = /(?<![\da-f])(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{24,})(?![\da-f])/gi;
const URL_OR_ID = new RegExp(`${ANY_URL.source}|${ANY_ID.source}`, 'gi');

const plainId = (id: string) => id.replaceAll('-', '').toLowerCase();

/**
 * The API's message about a failed task or lookup with `[url]` for its URLs and `[id]` for its ids, which can be those of
 * the account. The vendor's own addresses stay, without the ids in them.
 * @param known what may be named: ids, with or without their dashes, and URLs that the reader sees anyway
 */
export function redactMessage(
  message: string,
  known: { ids: Iterable<string | undefined>; urls?: Iterable<string> },
): string {
  const ids = new Set(Array.from(known.ids, (id = '') => plainId(id)));
  const urls = new Set(Array.from(known.urls ?? [], hrefOf));
  const redactId = (id: string) => (ids.has(plainId(id)) ? id : '[id]');
  return message.replace(URL_OR_ID, (found) => {
    if (!/[:%]/.test(found)) return redactId(found);
    const url = hrefOf(found);
    if (url !== undefined && urls.has(url)) return found;
    return url !== undefined && VENDOR_URL.test(url) ? found.replace(ANY_ID, redactId) : '[url]';
  });
}
