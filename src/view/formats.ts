import { context } from './host.js';
import { textOf } from './json.js';

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
  const parts: [number, string][] =
    seconds < 60
      ? [[seconds, 'second']]
      : [
          [Math.floor(seconds / 3600), 'hour'],
          [Math.floor(seconds / 60) % 60, 'minute'],
          [Math.floor(seconds % 60), 'second'],
        ];
  return parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) => formatNumber(value, { style: 'unit', unit, maximumFractionDigits: 1 }))
    .join(' ');
}

/** Such as "1:07" or "1:02:33". */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  if (whole >= 3600) parts.unshift(Math.floor(whole / 3600));
  return parts.map((part, index) => formatNumber(part, { minimumIntegerDigits: index ? 2 : 1 })).join(':');
}
