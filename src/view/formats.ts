import { textOf } from '../text/json.js';
import { context } from './host.js';

/** Dates, durations and numbers in the host's locale. */

let locale: string | undefined;
let timeZone: string | undefined;

/**
 * Adopts the host's locale and time zone. If the browser does not know one of them, it uses its own.
 * @returns whether anything is written differently now
 */
export function updateFormats(): boolean {
  const before = `${locale} ${timeZone}`;
  const known = { locale: textOf(context.locale), timeZone: textOf(context.timeZone) };
  try {
    new Intl.DateTimeFormat(known.locale, { timeZone: known.timeZone });
    ({ locale, timeZone } = known);
  } catch {
    locale = timeZone = undefined;
  }
  return before !== `${locale} ${timeZone}`;
}

export const formatNumber = (value: number, options?: Intl.NumberFormatOptions) =>
  new Intl.NumberFormat(locale, options).format(value);

export const formatDate = (timeMs: number) =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(timeMs);

/** Such as "5.1 sec" or "5 min 17 sec". */
export function formatDuration(seconds: number): string {
  const format = (value: number, unit: string) =>
    value > 0 && formatNumber(value, { style: 'unit', unit, maximumFractionDigits: 1 });
  if (seconds < 60) return format(seconds, 'second') || '';
  return [format(Math.floor(seconds / 60), 'minute'), format(Math.floor(seconds % 60), 'second')]
    .filter(Boolean)
    .join(' ');
}

/** Such as "1:07" or "1:02:33". */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  if (whole >= 3600) parts.unshift(Math.floor(whole / 3600));
  return parts.map((part, index) => formatNumber(part, { minimumIntegerDigits: index ? 2 : 1 })).join(':');
}
