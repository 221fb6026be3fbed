import type { RandomStream } from '../random.ts';
import type { Answer } from './decision.ts';
import { problemOf } from './dialogue.ts';
import { questionNames } from './question-name.ts';
import type { Sample, SpaceArguments } from './sample.ts';
import type { SearchSpace } from './space.ts';
import { answerUniformly } from './uniform.ts';

/** The answers of a sample by the names of their questions. */
export function answersByName({ answers }: Sample): Map<string, Answer> {
  const nameOf = questionNames();
  return new Map(answers.map((answer) => [nameOf(answer.decision), answer]));
}

/**
 * Runs a program and answers each question as wanted, where there is a wanted answer to the question of that name
 * and the question allows it; every other question is answered uniformly.
 *
 * @param wanted by question name, as {@link answersByName} gives them
 * @param stream only questions without a fitting answer draw from it
 */
export function answerLike<Args extends SpaceArguments>(
  space: Pick<SearchSpace<unknown, Args>, 'start' | 'decisions'>,
  args: Args,
  wanted: ReadonlyMap<string, Answer>,
  stream: RandomStream,
): Sample {
  const dialogue = space.start(args);
  const nameOf = questionNames();
  while (dialogue.question !== null) {
    const { question } = dialogue;
    const answer = wanted.get(nameOf(question.decision));
    const fits = answer !== undefined && problemOf(answer, question, space.decisions) === null;
    dialogue.answer(fits ? answer : answerUniformly(question, stream));
  }
  return dialogue.sample();
}
