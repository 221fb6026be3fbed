import type { RandomStream } from '../random.ts';
import type { Answer, Question } from './decision.ts';
import type { Sample, SpaceArguments } from './sample.ts';
import type { SearchSpace } from './space.ts';

/**
 * Answers one question uniformly: every allowed option alike, every earlier anchor point with probability ½.
 */
export function answerUniformly(question: Question, stream: RandomStream): Answer {
  const { decision } = question;
  if (question.kind === 'anchor') {
    const earlier = Array.from({ length: question.earlier }, (_, i) => i);
    return { kind: 'anchor', decision, chosen: earlier.filter(() => stream.uniform() < 0.5) };
  }
  const { allowed } = question;
  // A question allows at least one option, and the draw is below their number.
  return { kind: 'choice', decision, index: allowed[stream.integer(allowed.length)] as number };
}

/**
 * Draws a sample by answering every question uniformly.
 *
 * Where one answer brings more questions than another, this is not uniform over samples: it is the policy of
 * a controller whose every softmax is flat.
 *
 * @param stream the same stream and arguments give the same sample
 */
export function sampleUniformly<Args extends SpaceArguments>(
  space: Pick<SearchSpace<unknown, Args>, 'start'>,
  args: Args,
  stream: RandomStream,
): Sample {
  const dialogue = space.start(args);
  while (dialogue.question !== null) dialogue.answer(answerUniformly(dialogue.question, stream));
  return dialogue.sample();
}
