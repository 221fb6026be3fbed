import type pc from 'picocolors';
import type { LanguageModelRecipe } from '../child/language-model/recipe.ts';
import type { EpochReport } from '../evaluation/evaluation.ts';
import type { TrainingFacts } from '../experiment/retrain/finished.ts';
import { duration, scoreText } from './search-view.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** What the live view of a final training shows. */
export interface FinalStatus {
  readonly epochs: number;
  /** The last epoch that is done; null before the first. */
  readonly last: EpochReport | null;
  /** The epoch of the last checkpoint; 0 before the first. */
  readonly saved: number;
  readonly elapsedMs: number;
  /** Null until an epoch has ended. */
  readonly remainingMs: number | null;
}

/** `final training: 40 epochs on 45,000 images, learning rate 0.1, …`. @param done epochs that a checkpoint has */
export function beginningLine(facts: TrainingFacts, done: number): string {
  const from = done === 0 ? '' : `, going on after epoch ${done} from its checkpoint`;
  return `final training: ${facts.recipe.epochs} epochs on ${whatIsTrained(facts)}${from}`;
}

function whatIsTrained(facts: TrainingFacts): string {
  if (facts.kind === 'classifier') {
    const { recipe, examples } = facts;
    return (
      `${examples.toLocaleString('en')} images, learning rate ${recipe.learningRate}, ` +
      `weight decay ${recipe.weightDecay}`
    );
  }
  const { recipe, words, level } = facts;
  return `${words.toLocaleString('en')} ${level}s, ${languageRecipe(recipe)}`;
}

/** `learning rate 1, initialisation ±0.05, dropout 0.5 (input), …`: what a grid may have chosen. */
export function languageRecipe({
  learningRate,
  initialisation,
  dropout,
  schedule,
  decayFrom,
}: LanguageModelRecipe): string {
  const { input, output, recurrent, embedding } = dropout;
  const decay = schedule === 'decay' ? `, decay from epoch ${decayFrom}` : '';
  return (
    `learning rate ${learningRate}, initialisation ±${initialisation}, ` +
    `dropout ${input} input, ${output} output, ${recurrent} recurrent, ${embedding} embedding${decay}`
  );
}

const BAR = 40;

/** The lines of the live view, none longer than `width` (at least 40). */
export function renderFinal(status: FinalStatus, width: number, colors: Colors): string[] {
  const { epochs, last, saved, elapsedMs, remainingMs } = status;
  const count = ` epoch ${last?.epoch ?? 0}/${epochs}`;
  const bar = Math.max(10, Math.min(BAR, width - count.length - 2));
  const filled = Math.round((bar * (last?.epoch ?? 0)) / epochs);
  const left = remainingMs === null ? '' : `, about ${duration(remainingMs)} left`;
  return [
    `${colors.green('█'.repeat(filled))}${colors.dim('░'.repeat(bar - filled))}${count}`,
    cut(`${duration(elapsedMs)} elapsed${left}`, width),
    ...(last === null ? [] : [cut(scores(last), width)]),
    ...(saved === 0 ? [] : [colors.dim(cut(`checkpoint after epoch ${saved}`, width))]),
  ];
}

/** The same as one line for a log: `[epoch 3/200] loss 1.234, validation accuracy 54.10 %, 12 s, saved`. */
export function finalLine(report: EpochReport, epochs: number, saved: boolean): string {
  const time = duration(report.elapsedMs);
  return `[epoch ${report.epoch}/${epochs}] ${scores(report)}, ${time}${saved ? ', saved' : ''}`;
}

function scores({ trainingLoss, score }: EpochReport): string {
  return `loss ${trainingLoss.toFixed(4)}, validation ${score.metric} ${scoreText(score)}`;
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
