import type { Config } from 'vega-lite';

/** Okabe & Ito's palette, told apart with every common colour blindness; its yellow is too pale for white. */
const PALETTE = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000'];
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 2, 2, 2],
] as const;

/** Colour and, once the colours are used up, dash of each strategy, by its place in the report. */
export function strategyScale(labels: readonly string[]): {
  readonly color: { readonly domain: string[]; readonly range: string[] };
  readonly dash: { readonly domain: string[]; readonly range: number[][] };
} {
  const pick = <T>(list: readonly T[], at: number) => list[at % list.length] as T;
  return {
    color: { domain: [...labels], range: labels.map((_, at) => pick(PALETTE, at)) },
    dash: {
      domain: [...labels],
      range: labels.map((_, at) => [...pick(DASHES, Math.floor(at / PALETTE.length))]),
    },
  };
}

export const INK = '#333333';

/** The look that all charts share. */
export const theme: Config = {
  background: 'white',
  padding: 12,
  font: 'Helvetica, Arial, sans-serif',
  title: {
    anchor: 'start',
    frame: 'group',
    fontSize: 15,
    color: '#111111',
    subtitleFontSize: 11.5,
    subtitleColor: '#555555',
    subtitleLineHeight: 15,
    subtitlePadding: 4,
    offset: 12,
  },
  axis: {
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
    labelColor: INK,
    titleColor: INK,
    gridColor: '#E6E6E6',
    domainColor: '#999999',
    tickColor: '#999999',
  },
  header: { labelFontSize: 12, labelColor: INK, labelFontWeight: 'bold', labelAnchor: 'start' },
  legend: {
    labelFontSize: 12,
    labelColor: INK,
    title: null,
    symbolType: 'stroke',
    symbolOpacity: 1,
    symbolStrokeWidth: 3,
    symbolSize: 160,
    labelLimit: 240,
  },
  view: { stroke: '#CCCCCC' },
};
