import type { Metric } from '../../../evaluation/evaluation.ts';
import { randomStream } from '../../../random.ts';
import type { CorrelationFindings } from '../analysis.ts';
import { direction } from '../score-kind.ts';
import { marginOf } from './best-so-far-chart.ts';
import type { Figure } from './figure.ts';
import { theme } from './theme.ts';

/** At most so many architectures are drawn in a panel. */
export const MOST_DRAWN = 500;

/** Search-time score against final score, of all architectures and of the best tenth. */
export function correlationChart(
  { scores, overall }: CorrelationFindings,
  chart: {
    readonly title: string;
    readonly subtitle: readonly string[];
    readonly caption: string;
    readonly xTitle: string;
    readonly yTitle: string;
    readonly scale: number;
    readonly metric: Metric;
    /** τ with its interval, for people. */
    readonly tauOf: (which: 'all' | 'top') => string;
  },
): Figure {
  const points = scores.search
    .map((search, at) => ({ x: search * chart.scale, y: (scores.final[at] as number) * chart.scale }))
    .sort((a, b) => direction(chart.metric) * (b.x - a.x));
  const best = points.slice(0, overall.top.architectures);
  const panel = (title: string, all: readonly { x: number; y: number }[]) => {
    const drawn = sampled(all);
    return {
      title: { text: title, fontSize: 12, fontWeight: 'normal' as const, offset: 6 },
      width: 300,
      height: 280,
      data: { values: drawn },
      mark: { type: 'circle' as const, size: 16, opacity: 0.4, color: '#0072B2', clip: true, aria: false },
      encoding: {
        x: {
          field: 'x',
          type: 'quantitative' as const,
          title: chart.xTitle,
          scale: {
            domain: withoutFailures(
              drawn.map(({ x }) => x),
              chart.metric,
            ),
            zero: false,
          },
          axis: { tickCount: 5 },
        },
        y: {
          field: 'y',
          type: 'quantitative' as const,
          title: chart.yTitle,
          scale: {
            domain: withoutFailures(
              drawn.map(({ y }) => y),
              chart.metric,
            ),
            zero: false,
          },
          axis: { tickCount: 6 },
        },
      },
    };
  };
  return {
    name: 'correlation',
    caption: chart.caption,
    spec: {
      title: { text: chart.title, subtitle: [...chart.subtitle] },
      description: chart.caption,
      config: theme,
      spacing: 40,
      hconcat: [
        panel(`all ${count(overall.all.architectures)}: ${chart.tauOf('all')}`, points),
        panel(`the best ${count(overall.top.architectures)}: ${chart.tauOf('top')}`, best),
      ],
    },
  };
}

function count(architectures: number): string {
  return `${architectures.toLocaleString('en')} architecture${architectures === 1 ? '' : 's'}`;
}

function sampled<T>(all: readonly T[]): readonly T[] {
  if (all.length <= MOST_DRAWN) return all;
  const order = randomStream('report', 'scatter').permutation(all.length);
  return [...order.slice(0, MOST_DRAWN)].map((at) => all[at] as T);
}

/**
 * The axis from which the worst twentieth may stick out: a few networks that did not learn would press all others
 * into a corner.
 */
function withoutFailures(values: readonly number[], metric: Metric): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = metric === 'accuracy' ? [at(0.05), at(1)] : [at(0), at(0.95)];
  const margin = marginOf(low, high);
  return [low - margin, high + margin];
}
