import type { ConfusionMatrix } from '../../child/confusion-matrix.ts';
import type { Figure } from '../compare/charts/figure.ts';
import { INK, theme } from '../compare/charts/theme.ts';

/** A side of a cell in pixels. */
const CELL = 46;

/** The confusion matrix as a map: shares of each class's images, numbers as counts. */
export function confusionChart(matrix: ConfusionMatrix, classNames: readonly string[]): Figure {
  const name = (at: number): string => classNames[at] ?? String(at);
  const rows = matrix.flatMap((counts, label) => {
    const all = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count, predicted) => ({
      label: name(label),
      predicted: name(predicted),
      count,
      share: all === 0 ? 0 : (100 * count) / all,
    }));
  });
  const order = matrix.map((_, at) => name(at));
  const caption =
    'Confusion matrix: rows are the classes of the test images, columns what they were taken for.';
  const side = CELL * order.length;
  const encoding = {
    x: {
      field: 'predicted',
      type: 'nominal' as const,
      sort: order,
      title: 'taken for',
      axis: { labelAngle: -40, domain: false, ticks: false },
    },
    y: {
      field: 'label',
      type: 'nominal' as const,
      sort: order,
      title: 'class of the image',
      axis: { domain: false, ticks: false },
    },
  };
  return {
    name: 'confusion',
    caption,
    spec: {
      title: { text: 'Confusion matrix', subtitle: ['Test images. Colour: share of the row.'] },
      description: caption,
      config: theme,
      width: side,
      height: side,
      data: { values: rows },
      encoding,
      layer: [
        {
          mark: { type: 'rect', stroke: '#FFFFFF', strokeWidth: 1 },
          encoding: {
            color: {
              field: 'share',
              type: 'quantitative',
              scale: { domain: [0, 100], range: ['#F4F7FA', '#0B4F7D'] },
              legend: { title: '% of the row', type: 'gradient', gradientLength: 160 },
            },
          },
        },
        {
          transform: [{ filter: 'datum.count > 0' }],
          mark: { type: 'text', fontSize: 12 },
          encoding: {
            text: { field: 'count', type: 'quantitative' },
            color: { condition: { test: 'datum.share > 45', value: '#FFFFFF' }, value: INK },
          },
        },
      ],
    },
  };
}
