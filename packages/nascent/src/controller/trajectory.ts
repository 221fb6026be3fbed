import type { Answer, Question } from '../search-space/decision.ts';
import { refuseForeign } from '../search-space/replay.ts';
import type { Sample } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';

/** One question with its recorded answer. */
export interface Step {
  readonly question: Question;
  readonly answer: Answer;
}

/**
 * The questions behind a sample's answers, found by replaying them.
 * @throws ForeignSampleError, InvalidSampleError, InvalidAnswerError
 */
export function trajectoryOf(space: SearchSpace, sample: Sample): Step[] {
  refuseForeign(sample.space, space.identity);
  const dialogue = space.start(sample.arguments);
  const steps: Step[] = [];
  for (const answer of sample.answers) {
    const { question } = dialogue;
    if (question === null) break;
    dialogue.answer(answer);
    steps.push({ question, answer });
  }
  // Too many or too few answers: decoding says so in the space's own words.
  if (dialogue.question !== null || steps.length < sample.answers.length) space.decode(sample);
  return steps;
}
