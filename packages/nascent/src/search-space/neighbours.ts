import type { RandomStream } from '../random.ts';
import { answerLike, answersByName } from './answer-like.ts';
import type { Answer, Question } from './decision.ts';
import { questionNames } from './question-name.ts';
import type { Sample } from './sample.ts';
import type { SearchSpace } from './space.ts';

/**
 * One step from a sample to a neighbour: another answer to one of its questions. Two samples of a space without
 * conditional questions are neighbours if they differ in one choice, or in one earlier point of one anchor.
 */
export interface Change {
  /** The question's name, `questionNames`. */
  readonly question: string;
  readonly answer: Answer;
}

/**
 * Every change of a sample, each once: for a choice each other allowed option, for an anchor each earlier point
 * taken in or left out. In the order of the questions. Empty where no question leaves a choice.
 *
 * @throws InvalidAnswerError for a sample of another space
 */
export function changesOf(space: Pick<SearchSpace, 'start'>, sample: Sample): readonly Change[] {
  const dialogue = space.start(sample.arguments);
  const nameOf = questionNames();
  return sample.answers.flatMap((given) => {
    const { question } = dialogue;
    const name = nameOf(given.decision);
    dialogue.answer(given);
    return question === null
      ? []
      : otherAnswers(question, given).map((answer) => ({ question: name, answer }));
  });
}

/**
 * The neighbour that a change leads to. What the change leaves asked keeps its answer, where that is still allowed;
 * questions that the sample had not been asked, and answers that are no longer allowed, are drawn uniformly.
 *
 * @param stream only such questions draw from it
 */
export function withChange(
  space: Pick<SearchSpace, 'start' | 'decisions'>,
  sample: Sample,
  { question, answer }: Change,
  stream: RandomStream,
): Sample {
  return answerLike(space, sample.arguments, answersByName(sample).set(question, answer), stream);
}

function otherAnswers(question: Question, given: Answer): Answer[] {
  const { decision } = question;
  if (question.kind === 'choice') {
    const now = given.kind === 'choice' ? given.index : -1;
    return question.allowed
      .filter((index) => index !== now)
      .map((index) => ({ kind: 'choice', decision, index }));
  }
  const chosen = new Set(given.kind === 'anchor' ? given.chosen : []);
  const earlier = Array.from({ length: question.earlier }, (_, j) => j);
  return earlier.map((flipped) => ({
    kind: 'anchor',
    decision,
    chosen: earlier.filter((j) => chosen.has(j) !== (j === flipped)),
  }));
}
