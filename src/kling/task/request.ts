import type { JsonObject } from '../text/json.js';
import type { Cleaner } from '../text/privacy.js';
import { walk } from '../text/walk.js';
import { excerptKey, excerptScalar, freeKey, type Scalar, sizeOf } from './excerpt.js';

/** The settings of an object that are shown, by their dotted keys. */
export type SettingsExcerpt = Record<string, Scalar | Scalar[]>;

const MAX_FIELDS = 30;
const MAX_BYTES = 8192;

/**
 * What was asked for, or metered, as far as it may be shown: scalars and lists of scalars, at most 30 fields and 8 KB.
 * What does not fit is left out, as are `async`, internal ids, and keys with callback, webhook or notify in their name.
 * @param depth how far down nested settings are shown, flattened to dotted keys (`camera_control.type`)
 */
export function excerptSettings(settings: JsonObject, cleaner: Cleaner, depth?: number): SettingsExcerpt | undefined {
  const excerpt: SettingsExcerpt = {};
  let fields = 0;
  let left = MAX_BYTES - 2;

  const show = (path: string, value: Scalar | Scalar[] | undefined) => {
    if (value === undefined) return;
    const key = freeKey(path, excerpt);
    const size = sizeOf(key) + sizeOf(value) + 2;
    if (size > left) return;
    left -= size;
    fields++;
    excerpt[key] = value;
  };

  const visit = (value: unknown, name: string | number, prefix: string): string | undefined => {
    if (fields >= MAX_FIELDS) return undefined;
    const key = typeof name === 'number' ? String(name) : excerptKey(name, cleaner);
    if (key === undefined || /^async$/i.test(key)) return undefined;
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof value !== 'object') show(path, excerptScalar(key, value, cleaner));
    else if (!Array.isArray(value) || value.some((item) => typeof item === 'object')) return path;
    else if (value.length < MAX_BYTES) {
      const items = value.map((item) => excerptScalar(key, item, cleaner)).filter((item) => item !== undefined);
      if (items.length > 0) show(path, [...new Set(items)]);
    }
    return undefined;
  };
  walk(settings, '', visit, depth);
  return fields > 0 ? excerpt : undefined;
}
