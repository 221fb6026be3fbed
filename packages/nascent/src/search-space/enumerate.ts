import type { Answer, Question } from './decision.ts';
import type { Dialogue } from './dialogue.ts';
import { InvalidQuestionError } from './errors.ts';
import type { Sample, SpaceArguments } from './sample.ts';
import type { SearchSpace } from './space.ts';

/** One question on the way to a sample, with the number of its current answer and how many it has. */
interface Wheel {
  readonly position: number;
  readonly ways: number;
}

/**
 * Every sample of a space, each once: all options of each choice and all subsets of each anchor's earlier
 * points. The last question turns fastest, as on an odometer; the number of questions may differ from sample
 * to sample.
 *
 * For small spaces: the first sample comes at once, the last one after `size` program runs.
 *
 * @throws InvalidQuestionError when an anchor has more than 30 earlier points (2^30 subsets)
 */
export function* enumerate<Args extends SpaceArguments>(
  space: Pick<SearchSpace<unknown, Args>, 'start'>,
  args: Args,
): Generator<Sample, void, undefined> {
  let wheels: Wheel[] = [];
  do {
    const dialogue = space.start(args);
    wheels = walk(dialogue, wheels);
    yield dialogue.sample();
    wheels = turn(wheels);
  } while (wheels.length > 0);
}

/**
 * Counts a space's samples by enumerating them.
 * @param limit give up beyond this many
 * @returns the exact number, or null when there are more than `limit`
 */
export function countByEnumeration<Args extends SpaceArguments>(
  space: Pick<SearchSpace<unknown, Args>, 'start'>,
  args: Args,
  limit = 1_000_000,
): bigint | null {
  let count = 0;
  for (const _ of enumerate(space, args)) {
    count++;
    if (count > limit) return null;
  }
  return BigInt(count);
}

/** Answers by the wheels as far as they go, then with the first answer; returns all wheels. */
function walk(dialogue: Dialogue<unknown>, wheels: readonly Wheel[]): Wheel[] {
  const walked: Wheel[] = [];
  while (dialogue.question !== null) {
    const { question } = dialogue;
    const position = wheels[walked.length]?.position ?? 0;
    walked.push({ position, ways: waysToAnswer(question) });
    dialogue.answer(answerNumber(question, position));
  }
  return walked;
}

/** Turns the last wheel that can still turn and drops those behind it; none left when all are at their end. */
function turn(wheels: readonly Wheel[]): Wheel[] {
  const last = wheels.findLastIndex(({ position, ways }) => position + 1 < ways);
  return wheels
    .slice(0, last + 1)
    .map((wheel, i) => (i === last ? { ...wheel, position: wheel.position + 1 } : wheel));
}

function waysToAnswer(question: Question): number {
  if (question.kind === 'choice') return question.allowed.length;
  if (question.earlier > 30) {
    throw new InvalidQuestionError(
      `${question.decision} chooses among ${question.earlier} earlier anchor points: too many subsets to enumerate. ` +
        'Enumerate a smaller space, for example with fewer layers.',
    );
  }
  return 2 ** question.earlier;
}

/** The n-th answer to a question; an anchor's answers are counted in binary, bit j for anchor point j. */
function answerNumber(question: Question, n: number): Answer {
  const { decision } = question;
  if (question.kind === 'choice') return { kind: 'choice', decision, index: question.allowed[n] ?? 0 };
  const earlier = Array.from({ length: question.earlier }, (_, j) => j);
  return { kind: 'anchor', decision, chosen: earlier.filter((j) => ((n >> j) & 1) === 1) };
}
