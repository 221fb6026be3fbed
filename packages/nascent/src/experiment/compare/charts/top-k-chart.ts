import type { StrategyTopK } from '../analysis.ts';
import { TOP_K } from '../top-k.ts';
import { rowsOf } from './best-so-far-chart.ts';
import type { Figure } from './figure.ts';
import { INK, strategyScale, theme } from './theme.ts';

/** The paper's figure (§4.2): better than random search by so much, for the best 1, 5 and 15 distinct models. */
export function topKChart(
  differences: readonly StrategyTopK[],
  chart: {
    readonly labels: readonly string[];
    readonly subtitle: readonly string[];
    readonly caption: string;
    readonly yTitle: string;
    readonly scale: number;
  },
): Figure {
  const rows = differences.flatMap(({ strategy, k, curve }) =>
    rowsOf(strategy, curve, chart.scale).map((row) => ({ ...row, panel: panelOf(k) })),
  );
  const panels = TOP_K.map(panelOf).filter((panel) => rows.some((row) => row.panel === panel));
  const { color, dash } = strategyScale(chart.labels);
  const drawn = chart.labels.filter((label) => rows.some(({ strategy }) => strategy === label));
  const legend = { orient: 'bottom' as const, values: [...drawn] };
  const x = {
    field: 'x',
    type: 'quantitative',
    title: 'trials',
    axis: { tickCount: 5, tickMinStep: 1 },
  } as const;
  const colorOf = {
    field: 'strategy',
    type: 'nominal',
    scale: color,
    sort: color.domain,
    legend,
  } as const;
  return {
    name: 'top-k',
    caption: chart.caption,
    spec: {
      title: { text: 'Top-k distinct models: better than random search by', subtitle: [...chart.subtitle] },
      description: chart.caption,
      config: theme,
      data: { values: rows },
      facet: { column: { field: 'panel', type: 'nominal', sort: panels, title: null } },
      spec: {
        width: 230,
        height: 260,
        layer: [
          {
            mark: { type: 'rule', color: INK, strokeDash: [3, 3] },
            encoding: { y: { datum: 0, type: 'quantitative', axis: { grid: true } } },
          },
          {
            transform: [{ filter: 'datum.low !== null' }],
            mark: { type: 'area', opacity: 0.18 },
            encoding: {
              y: { field: 'low', type: 'quantitative', title: chart.yTitle },
              y2: { field: 'high' },
              x,
              color: colorOf,
            },
          },
          {
            mark: { type: 'line', strokeWidth: 2 },
            encoding: {
              y: { field: 'mean', type: 'quantitative', title: chart.yTitle },
              x,
              color: colorOf,
              strokeDash: { field: 'strategy', type: 'nominal', scale: dash, sort: color.domain, legend },
            },
          },
        ],
      },
    },
  };
}

/** Names the panel of the best k. */
export function panelOf(k: number): string {
  return k === 1 ? 'the best model' : `mean of the best ${k}`;
}
