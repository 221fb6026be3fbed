import type { TopLevelSpec } from 'vega-lite';
import type { StrategyCurve } from '../analysis.ts';
import type { Figure } from './figure.ts';
import { strategyScale, theme } from './theme.ts';

/** What the chart of curves needs besides them. */
export interface CurveChart {
  readonly name: string;
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly caption: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Scores are multiplied by it. */
  readonly scale: number;
  /** 1 where more is better, −1 where less is. */
  readonly direction: 1 | -1;
}

interface Row {
  readonly strategy: string;
  readonly x: number;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Curves of a score that only gets better in what the search was shown, with their bands. */
export function bestSoFarChart(curves: readonly StrategyCurve[], chart: CurveChart): Figure {
  return {
    name: chart.name,
    caption: chart.caption,
    spec: {
      title: { text: chart.title, subtitle: [...chart.subtitle] },
      description: chart.caption,
      config: theme,
      ...curvePanel(curves, { ...chart, width: 620, height: 340, ticks: 8 }),
    },
  };
}

type CurvePanel = Pick<
  Extract<TopLevelSpec, { layer: unknown }>,
  'width' | 'height' | 'data' | 'encoding' | 'layer'
>;

/** One panel of such curves, on an axis of its own. */
export function curvePanel(
  curves: readonly StrategyCurve[],
  panel: Pick<CurveChart, 'xTitle' | 'yTitle' | 'scale' | 'direction'> & {
    readonly width: number;
    readonly height: number;
    readonly ticks: number;
    readonly legend?: { readonly orient: 'bottom' };
  },
): CurvePanel {
  const { xTitle, yTitle, width, height, ticks, legend } = panel;
  const rows = curves.flatMap(({ strategy, curve }) => rowsOf(strategy, curve, panel.scale));
  const { color, dash } = strategyScale(curves.map(({ strategy }) => strategy));
  const x = {
    field: 'x',
    type: 'quantitative',
    title: xTitle,
    scale: { nice: false },
    axis: { tickMinStep: 1, tickCount: ticks },
  } as const;
  const yScale = { domain: readableDomain(rows, panel.direction), zero: false, nice: true };
  const drawn = { ...(legend === undefined ? {} : { legend }) };
  return {
    width,
    height,
    data: { values: rows },
    encoding: {
      x,
      color: { field: 'strategy', type: 'nominal', scale: color, sort: color.domain, ...drawn },
    },
    layer: [
      {
        transform: [{ filter: 'datum.low !== null' }],
        mark: { type: 'area', opacity: 0.18, clip: true },
        encoding: {
          y: { field: 'low', type: 'quantitative', scale: yScale, title: yTitle },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', strokeWidth: 2, clip: true },
        encoding: {
          y: { field: 'mean', type: 'quantitative', scale: yScale, title: yTitle },
          strokeDash: { field: 'strategy', type: 'nominal', scale: dash, sort: color.domain, ...drawn },
        },
      },
    ],
  };
}

/** The points of a curve that have a value, as they are shown. */
export function rowsOf(strategy: string, { x, points }: StrategyCurve['curve'], scale: number): Row[] {
  return points.flatMap((point, at) => {
    if (point === null) return [];
    const { mean, band } = point;
    return [
      {
        strategy,
        x: x[at] as number,
        mean: mean * scale,
        low: band === null ? null : band.low * scale,
        high: band === null ? null : band.high * scale,
      },
    ];
  });
}

/**
 * The first few trials are far from the rest: with them on the axis the strategies lie on one another. It starts
 * at the worst mean after the first tenth.
 */
function readableDomain(rows: readonly Row[], direction: 1 | -1): [number, number] {
  const last = Math.max(...rows.map(({ x }) => x));
  const settled = rows.filter(({ x }) => x >= last / 10);
  const means = settled.map(({ mean }) => mean);
  const outer = rows
    .filter(({ x }) => x >= last / 2)
    .flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]);
  const low = direction === 1 ? Math.min(...means) : Math.min(...outer, ...means);
  const high = direction === 1 ? Math.max(...outer, ...means) : Math.max(...means);
  const margin = marginOf(low, high);
  return [low - margin, high + margin];
}

/** Room between the outermost values and the frame. */
export function marginOf(low: number, high: number): number {
  return high > low ? 0.04 * (high - low) : 0.5;
}
