/** The quantile of the numbers for a fraction from 0 to 1. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN;
}

export const median = (numbers: readonly number[]) => quantile(numbers, 0.5);

/** One row of the table. */
export interface Figure {
  figure: string;
  baseline: string;
  /** Median over the rounds, and the middle half of them. */
  ratio: number;
  spread: [low: number, high: number];
  /** Medians of both sides, in the unit. */
  ours: number;
  theirs: number;
  unit: string;
  aim: { atMost: number } | { atLeast: number };
  met: boolean;
}

/** Compares with the baseline round by round, so that whatever slows down a whole round cancels out. */
export function compare(
  row: Pick<Figure, 'figure' | 'baseline' | 'unit' | 'aim'>,
  ours: readonly number[],
  theirs: readonly number[],
): Figure {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  const ratio = median(ratios);
  const met = 'atMost' in row.aim ? ratio <= row.aim.atMost : ratio >= row.aim.atLeast;
  const spread: Figure['spread'] = [quantile(ratios, 0.25), quantile(ratios, 0.75)];
  return { ...row, ratio, spread, ours: median(ours), theirs: median(theirs), met };
}

/** The figures as a Markdown table. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ figure, baseline, ratio, spread, ours, theirs, unit, aim, met }) => [
    figure,
    baseline,
    ratio.toFixed(2),
    spread.map((bound) => bound.toFixed(2)).join('–'),
    'atMost' in aim ? `≤ ${aim.atMost}` : `≥ ${aim.atLeast}`,
    met ? 'yes' : '**no**',
    `${ours.toFixed(1)} : ${theirs.toFixed(1)} ${unit}`,
  ]);
  const head = ['figure', 'baseline', 'ratio', 'middle half', 'aim', 'met', 'medians'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
