import type { StrategyTopKCurve } from '../analysis.ts';
import { TOP_K } from '../top-k.ts';
import { type CurveChart, curvePanel, rowsOf } from './best-so-far-chart.ts';
import type { Figure } from './figure.ts';
import { theme } from './theme.ts';
import { panelOf } from './top-k-chart.ts';

/** Mean scores of the best 1, 5 and 15 distinct models: a panel for each k, on an axis of its own. */
export function topKCurvesChart(curves: readonly StrategyTopKCurve[], chart: CurveChart): Figure {
  const legend = { orient: 'bottom' } as const;
  const panels = TOP_K.flatMap((k) => {
    const own = curves.filter((curve) => curve.k === k);
    if (!own.some(({ strategy, curve }) => rowsOf(strategy, curve, chart.scale).length > 0)) return [];
    const panel = curvePanel(own, { ...chart, width: 230, height: 260, ticks: 5, legend });
    return [{ title: { text: panelOf(k), fontSize: 12 }, ...panel }];
  });
  return {
    name: chart.name,
    caption: chart.caption,
    spec: {
      title: { text: chart.title, subtitle: [...chart.subtitle] },
      description: chart.caption,
      config: theme,
      hconcat: panels,
    },
  };
}
