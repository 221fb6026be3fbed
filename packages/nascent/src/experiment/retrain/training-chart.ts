import type { EpochReport } from '../../evaluation/evaluation.ts';
import type { Figure } from '../compare/charts/figure.ts';
import { theme } from '../compare/charts/theme.ts';

/** How the score of an epoch is shown. */
interface ShownScore {
  /** For people: `validation accuracy`. */
  readonly name: string;
  /** Behind its name: `, %`. */
  readonly unit: string;
  readonly factor: number;
  readonly scale: { readonly zero?: boolean; readonly nice: boolean; readonly type?: 'log' };
}

/** Validation score and training loss over the epochs of the final training. */
export function trainingChart(
  curve: readonly EpochReport[],
  {
    decays,
    note,
    score: shown,
  }: {
    /** Epochs that are marked. */
    readonly decays: readonly number[];
    /** What the marks mean. */
    readonly note: string;
    readonly score: ShownScore;
  },
): Figure {
  const rows = curve.map(({ epoch, trainingLoss, score }) => ({
    epoch,
    loss: trainingLoss,
    [score.metric]: shown.factor * score.value,
  }));
  const metric = curve[0]?.score.metric ?? 'accuracy';
  const caption = `${capital(shown.name)} and training loss after each of ${curve.length} epochs.`;
  const x = {
    field: 'epoch',
    type: 'quantitative' as const,
    title: 'epoch',
    scale: { nice: false },
    axis: { tickMinStep: 1, tickCount: 8 },
  };
  const panel = (field: string, title: string, color: string, scale: ShownScore['scale']) => ({
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
            scale,
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
        subtitle: decays.length === 0 ? [] : [note],
      },
      description: caption,
      config: theme,
      spacing: 40,
      hconcat: [
        panel(metric, `${shown.name}${shown.unit}`, '#0072B2', shown.scale),
        panel('loss', 'training loss, nats', '#D55E00', { zero: true, nice: true }),
      ],
    },
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
