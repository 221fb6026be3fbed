import { canonicalJson } from './canonical-json.ts';
import type { Answer } from './decision.ts';
import type { Dialogue } from './dialogue.ts';
import { problemOf } from './dialogue.ts';
import { ForeignSampleError, InvalidSampleError } from './errors.ts';
import type { Sample, SpaceIdentity } from './sample.ts';
import type { SearchSpace } from './space.ts';

/**
 * Answers a space's program with the recorded answers of a sample.
 * @returns the finished dialogue
 * @throws ForeignSampleError, InvalidSampleError
 */
export function replay<Architecture>(
  space: Pick<SearchSpace<Architecture>, 'identity' | 'decisions' | 'start'>,
  sample: Sample,
): Dialogue<Architecture> {
  refuseForeign(sample.space, space.identity);
  const dialogue = space.start(sample.arguments);
  for (const [i, answer] of sample.answers.entries()) {
    const { question } = dialogue;
    if (question === null) {
      throw new InvalidSampleError(
        `The sample has ${sample.answers.length} answers, but the program of space ${labelOf(space.identity)} ` +
          `is complete after ${i}; the first answer too many is answer ${i + 1}, ${answer.decision}.`,
      );
    }
    const problem = problemOf(answer, question, space.decisions);
    if (problem !== null) {
      const hint = answer.decision === question.decision ? '' : ` ${CHANGED}`;
      throw new InvalidSampleError(`${placeOf(sample.answers, i)}: ${problem}${hint}`);
    }
    dialogue.answer(answer);
  }
  if (dialogue.question !== null) {
    const at = sample.answers.length;
    throw new InvalidSampleError(
      `The sample ends after ${at} answers, but the program of space ${labelOf(space.identity)} goes on to ask ` +
        `answer ${at + 1}, ${dialogue.question.decision}. It was cut off, or its arguments were changed.`,
    );
  }
  return dialogue;
}

const CHANGED =
  'The same answers must bring the same questions: either the sample was edited, or the program was changed ' +
  'without raising its version, or it is not pure (it reads a clock, random numbers or outside state).';

/** `answer 21 (filterWidth no. 7)`: positions count from 1, over the sample and over the decision's own name. */
export function placeOf(answers: readonly Pick<Answer, 'decision'>[], index: number): string {
  const name = answers[index]?.decision;
  const nth = answers.slice(0, index + 1).filter((answer) => answer.decision === name).length;
  return `answer ${index + 1} (${name} no. ${nth})`;
}

/** `convolutional@1 (8f3a2c1d)`, with its options where they are not the defaults. */
export function labelOf({ name, version, fingerprint, options }: SpaceIdentity): string {
  const made = Object.keys(options).length === 0 ? '' : ` with options ${canonicalJson(options)}`;
  return `${name}@${version} (${fingerprint})${made}`;
}

/** @throws ForeignSampleError unless both are the same space, version, declaration and options */
export function refuseForeign(from: SpaceIdentity, here: SpaceIdentity): void {
  const same =
    from.name === here.name &&
    from.version === here.version &&
    from.fingerprint === here.fingerprint &&
    canonicalJson(from.options) === canonicalJson(here.options);
  if (same) return;
  throw new ForeignSampleError(
    `The sample came from space ${labelOf(from)} but was decoded with ${labelOf(here)}. ` +
      `Decode it with ${labelOf(from)}.`,
  );
}
