import { randomStream } from '../random.ts';
import { canonicalJson } from './canonical-json.ts';
import { ImpureProgramError } from './errors.ts';
import { labelOf } from './replay.ts';
import type { Sample, SpaceArguments } from './sample.ts';
import type { SearchSpace } from './space.ts';
import { sampleUniformly } from './uniform.ts';

/**
 * Checks a space of your own: draws samples and runs the program twice with the same answers, which must bring
 * the same questions and the same architecture, and an architecture that JSON can keep. Use it in a test.
 *
 * @throws ImpureProgramError naming the first question that differs
 * @throws NotPlainDataError when an architecture is not plain data
 */
export function checkProgram<Args extends SpaceArguments>(
  space: SearchSpace<unknown, Args>,
  args: Args,
  { samples = 100, seed = 0 }: { readonly samples?: number; readonly seed?: number } = {},
): void {
  for (let k = 0; k < samples; k++) {
    checkSample(space, args, sampleUniformly(space, args, randomStream(seed, 'check-program', k)));
  }
}

function checkSample<Args extends SpaceArguments>(
  space: SearchSpace<unknown, Args>,
  args: Args,
  sample: Sample,
): void {
  const [once, again] = [space.start(args), space.start(args)];
  const label = labelOf(space.identity);
  for (const [i, answer] of sample.answers.entries()) {
    const [first, second] = [canonicalJson(once.question), canonicalJson(again.question)];
    if (first !== second || once.question?.decision !== answer.decision) {
      throw new ImpureProgramError(
        `The program of space ${label} was run three times with the same answers. For answer ${i + 1} it first asked ` +
          `${answer.decision}, then ${first}, then ${second}. ${CAUSE}`,
      );
    }
    once.answer(answer);
    again.answer(answer);
  }
  if (once.question !== null || again.question !== null) {
    throw new ImpureProgramError(
      `The program of space ${label} was complete after ${sample.answers.length} answers, ` +
        `but goes on asking when it hears the same answers again. ${CAUSE}`,
    );
  }
  if (canonicalJson(once.architecture()) !== canonicalJson(again.architecture())) {
    throw new ImpureProgramError(
      `The program of space ${label} made two different architectures of the same answers. ${CAUSE}`,
    );
  }
}

const CAUSE =
  'Programs are pure: they decide by their answers and arguments only, not by a clock, random numbers or a variable ' +
  'outside the program.';
