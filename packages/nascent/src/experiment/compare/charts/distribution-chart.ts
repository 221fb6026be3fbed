import { quantile } from 'simple-statistics';
import type { ComparisonAnalysis } from '../analysis.ts';
import type { Figure } from './figure.ts';
import { strategyScale, theme } from './theme.ts';

/** At most so many runs are drawn as points, evenly over their order. */
const MOST_POINTS = 120;

/** What each strategy's runs chose: points, box of the middle half, median, mean. */
export function distributionChart(
  distribution: ComparisonAnalysis['distribution'],
  chart: {
    readonly title: string;
    readonly subtitle: readonly string[];
    readonly caption: string;
    readonly xTitle: string;
    readonly scale: number;
  },
): Figure {
  const filled = distribution.filter(({ scores }) => scores.length > 0);
  const shown = filled.map(({ strategy, scores }) => ({
    strategy,
    scores: scores.map((score) => score * chart.scale),
  }));
  const { color } = strategyScale(distribution.map(({ strategy }) => strategy));
  const order = shown.map(({ strategy }) => strategy);
  const y = {
    field: 'strategy',
    type: 'nominal',
    sort: order,
    title: null,
    axis: { labelFontSize: 12 },
  } as const;
  const x = { type: 'quantitative', scale: { zero: false }, title: chart.xTitle } as const;
  return {
    name: 'distribution',
    caption: chart.caption,
    spec: {
      title: { text: chart.title, subtitle: [...chart.subtitle] },
      description: chart.caption,
      width: 620,
      height: { step: 64 },
      config: theme,
      layer: [
        {
          data: { values: shown.flatMap(({ strategy, scores }) => strip(strategy, scores)) },
          mark: { type: 'circle', size: 22, opacity: 0.45, aria: false },
          encoding: {
            y,
            yOffset: { field: 'jitter', type: 'quantitative', scale: { domain: [-1, 1] } },
            x: { ...x, field: 'score' },
            color: { field: 'strategy', type: 'nominal', scale: color, legend: null },
          },
        },
        {
          data: { values: boxes(shown) },
          mark: { type: 'bar', height: 22, fillOpacity: 0.15, stroke: '#222222', strokeWidth: 1 },
          encoding: {
            y,
            x: { ...x, field: 'low' },
            x2: { field: 'high' },
            color: { field: 'strategy', type: 'nominal', scale: color, legend: null },
          },
        },
        {
          data: { values: boxes(shown) },
          mark: { type: 'tick', size: 22, thickness: 2.5, opacity: 1, color: '#111111' },
          encoding: { y, x: { ...x, field: 'median' } },
        },
        {
          data: { values: boxes(shown) },
          mark: {
            type: 'point',
            shape: 'diamond',
            size: 70,
            filled: true,
            opacity: 1,
            color: 'white',
            stroke: '#111111',
          },
          encoding: { y, x: { ...x, field: 'mean' } },
        },
      ],
    },
  };
}

interface Scores {
  readonly strategy: string;
  readonly scores: readonly number[];
}

function strip(strategy: string, scores: readonly number[]) {
  const sorted = [...scores].sort((a, b) => a - b);
  const count = Math.min(MOST_POINTS, sorted.length);
  return Array.from({ length: count }, (_, i) => ({
    strategy,
    score: sorted[Math.floor((i * (sorted.length - 1)) / Math.max(1, count - 1))] as number,
    // Multiples of the golden ratio spread evenly, without clumps and without chance.
    jitter: 1.6 * ((i * 0.618034) % 1) - 0.8,
  }));
}

/** A box needs a few runs to say anything. */
function boxes(shown: readonly Scores[]) {
  return shown
    .filter(({ scores }) => scores.length >= 5)
    .map(({ strategy, scores }) => ({
      strategy,
      low: quantile([...scores], 0.25),
      median: quantile([...scores], 0.5),
      high: quantile([...scores], 0.75),
      mean: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    }));
}
