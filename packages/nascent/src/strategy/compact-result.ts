import { z } from 'zod';
import type { Answer, Question } from '../search-space/decision.ts';
import type { Sample } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { type StrategyResult, StrategyStateError } from './strategy.ts';

/**
 * Samples in saved states: arguments, and an option's index or the chosen anchor points for each answer. Decisions
 * and space are left out, because the space's program says them again.
 */
export const compactSampleSchema = z.tuple([
  z.record(z.string(), z.number()),
  z.array(z.union([z.int().min(0), z.array(z.int().min(0))])),
]);

/** A result in a saved state: the trial's number, its reward, its sample. */
export const compactResultSchema = z.tuple([z.int(), z.number(), compactSampleSchema]);

type CompactSample = z.output<typeof compactSampleSchema>;

export function compactSample({ arguments: args, answers }: Sample): CompactSample {
  return [
    { ...args },
    answers.map((answer) => (answer.kind === 'choice' ? answer.index : [...answer.chosen])),
  ];
}

export function compactResult({
  number,
  reward,
  sample,
}: StrategyResult): z.output<typeof compactResultSchema> {
  return [number, reward, compactSample(sample)];
}

/** @throws StrategyStateError where the answers do not fit the space's program */
export function sampleOf(space: SearchSpace, [args, answers]: CompactSample): Sample {
  try {
    const dialogue = space.start(args);
    for (const answer of answers) {
      if (dialogue.question !== null) dialogue.answer(answerOf(dialogue.question, answer));
    }
    if (dialogue.answers.length === answers.length) return dialogue.sample();
  } catch (cause) {
    throw unfit(space, cause);
  }
  throw unfit(space, undefined);
}

export function resultOf(
  space: SearchSpace,
  [number, reward, sample]: z.output<typeof compactResultSchema>,
): StrategyResult {
  return { number, reward, sample: sampleOf(space, sample) };
}

/** A choice answered with a list, or an anchor with a number, is refused by the dialogue. */
function answerOf({ decision }: Question, compact: number | number[]): Answer {
  return typeof compact === 'number'
    ? { kind: 'choice', decision, index: compact }
    : { kind: 'anchor', decision, chosen: compact };
}

function unfit(space: SearchSpace, cause: unknown): StrategyStateError {
  return new StrategyStateError(
    `the saved strategy state holds a sample that is none of the space "${space.identity.name}": it is damaged, or ` +
      "the space's program was changed without raising its version",
    { cause },
  );
}
