import type { EpochReport } from '../../evaluation/evaluation.ts';
import type { Figure } from '../compare/charts/figure.ts';
import { theme } from '../compare/charts/theme.ts';

/** Validation accuracy and training loss over the epochs of the final training. */
export function trainingChart(
  curve: readonly EpochReport[],
  { decays, validation }: { readonly decays: readonly number[]; readonly validation: string },
): Figure {
  const rows = curve.map(({ epoch, trainingLoss, score }) => ({
    epoch,
    loss: trainingLoss,
    accuracy: 100 * score.value,
  }));
  const caption = `${capital(validation)} and training loss after each of ${curve.length} epochs.`;
  const x = {
    field: 'epoch',
    type: 'quantitative' as const,
    title: 'epoch',
    scale: { nice: false },
    axis: { tickMinStep: 1, tickCount: 8 },
  };
  const panel = (field: 'accuracy' | 'loss', title: string, color: string) => ({
    width: 330,
    height: 260,
    layer: [
      {
        data: { values: decays.map((epoch) => ({ epoch })) },
        mark: { type: 'rule' as const, strokeDash: [3, 3], color: '#999999' },
        encoding: { x },
      },
      {
        data: { values: rows },
        mark: {
          type: 'line' as const,
          strokeWidth: 2,
          color,
          ...(rows.length < 40 ? { point: { color, size: 24 } } : {}),
        },
        encoding: {
          x,
          y: {
            field,
            type: 'quantitative' as const,
            title,
            scale: { zero: field === 'loss', nice: true },
          },
        },
      },
    ],
  });
  return {
    name: 'training',
    caption,
    spec: {
      title: {
        text: 'Final training',
        subtitle: decays.length === 0 ? [] : ['Dashed: where the learning rate is divided by 10.'],
      },
      description: caption,
      config: theme,
      spacing: 40,
      hconcat: [
        panel('accuracy', `${validation}, %`, '#0072B2'),
        panel('loss', 'training loss, nats', '#D55E00'),
      ],
    },
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
