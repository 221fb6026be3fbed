import type { RandomStream } from '../random.ts';
import { answerLike, answersByName } from './answer-like.ts';
import { changesOf, withChange } from './neighbours.ts';
import type { Sample, SpaceArguments } from './sample.ts';
import type { SearchSpace } from './space.ts';

/**
 * A random neighbour of a sample: one of its `changesOf`, each as likely as another. So a question is changed with
 * a probability in proportion to the number of other answers that it allows; an anchor counts each earlier point.
 *
 * @param args where they differ from the sample's (a deeper network is asked for), the sample is first carried over:
 *   questions of the same name keep their answers, new ones are answered uniformly
 * @returns the sample itself where no question leaves a choice
 */
export function mutate(
  space: Pick<SearchSpace, 'start' | 'decisions'>,
  parent: Sample,
  args: SpaceArguments,
  stream: RandomStream,
): Sample {
  const sample = carriedOver(space, parent, args, stream);
  const changes = changesOf(space, sample);
  const change = changes[stream.integer(Math.max(1, changes.length))];
  return change === undefined ? sample : withChange(space, sample, change, stream);
}

/** The sample under other arguments; the sample itself where the arguments are its own. */
export function carriedOver(
  space: Pick<SearchSpace, 'start' | 'decisions'>,
  sample: Sample,
  args: SpaceArguments,
  stream: RandomStream,
): Sample {
  return haveSameArguments(sample.arguments, args)
    ? sample
    : answerLike(space, args, answersByName(sample), stream);
}

function haveSameArguments(a: SpaceArguments, b: SpaceArguments): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
