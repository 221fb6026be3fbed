import { describe, expect, it } from 'vitest';
import { chain, conditional, type KnownRewards, skips } from '../../test/known-rewards.ts';
import { randomStream } from '../random.ts';
import { answersByName } from './answer-like.ts';
import { choice } from './decision.ts';
import { problemOf } from './dialogue.ts';
import { enumerate } from './enumerate.ts';
import { carriedOver, mutate } from './mutate.ts';
import { changesOf, withChange } from './neighbours.ts';
import { questionNames } from './question-name.ts';
import type { Sample } from './sample.ts';
import { sampleKey } from './sample-key.ts';
import { defineSpace } from './space.ts';
import { sampleUniformly } from './uniform.ts';

const narrowed: KnownRewards = {
  name: 'narrowed',
  space: defineSpace({
    name: 'narrowed',
    version: 1,
    decisions: { width: choice([1, 2, 3, 4]), only: choice(['same']) },
    *program(ask) {
      const first = yield* ask.width();
      const second = yield* ask.width(first > 2 ? { only: [3, 4] } : undefined);
      return [first, second, yield* ask.only()];
    },
  }),
  arguments: {},
  rewardOf: () => 0,
};
const spaces = [chain, conditional, skips, narrowed];

const samplesOf = ({ space, arguments: args }: KnownRewards, count: number) =>
  Array.from({ length: count }, (_, k) => sampleUniformly(space, args, randomStream(k, 'test')));

/** Names of the questions that both samples were asked and answered differently. */
function unequal(a: Sample, b: Sample): string[] {
  const others = answersByName(b);
  return [...answersByName(a)]
    .filter(
      ([name, answer]) => others.has(name) && JSON.stringify(others.get(name)) !== JSON.stringify(answer),
    )
    .map(([name]) => name);
}

/** Names of the questions whose answer in `parent` was not allowed when `child` was asked them. */
function refused({ space }: KnownRewards, parent: Sample, child: Sample): Set<string> {
  const wanted = answersByName(parent);
  const nameOf = questionNames();
  const dialogue = space.start(child.arguments);
  const found = new Set<string>();
  for (const answer of child.answers) {
    const name = nameOf(answer.decision);
    const before = wanted.get(name);
    if (
      dialogue.question !== null &&
      before &&
      problemOf(before, dialogue.question, space.decisions) !== null
    )
      found.add(name);
    dialogue.answer(answer);
  }
  return found;
}

describe.each(spaces)('changes of a sample › $name', (known) => {
  const { space } = known;

  it('each leads to another sample, and no two to the same', () => {
    for (const sample of samplesOf(known, 20)) {
      const keys = changesOf(space, sample).map((change) =>
        sampleKey(withChange(space, sample, change, randomStream(1, 'fill'))),
      );
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys).not.toContain(sampleKey(sample));
      expect(keys.length).toBeGreaterThan(0);
    }
  });

  it('a mutation decodes, and differs in one question or in what follows from it', () => {
    for (const [k, parent] of samplesOf(known, 200).entries()) {
      const child = mutate(space, parent, known.arguments, randomStream(k, 'mutate'));
      space.decode(child);
      const forced = refused(known, parent, child);
      const changed = unequal(parent, child).filter((name) => !forced.has(name));
      expect(changed, `sample ${k}`).toHaveLength(1);
      const names = [...answersByName(parent).keys()];
      const at = names.indexOf(changed[0] ?? '');
      expect(child.answers.slice(0, at)).toEqual(parent.answers.slice(0, at));
    }
  });
});

describe('changes of a sample', () => {
  it('are all samples that differ in one answer, where no question depends on another', () => {
    const all = [...enumerate(chain.space, chain.arguments)];
    const [sample] = samplesOf(chain, 1) as [Sample];
    const near = all.filter((other) => unequal(sample, other).length === 1).map(sampleKey);
    const reached = changesOf(chain.space, sample).map((change) =>
      sampleKey(withChange(chain.space, sample, change, randomStream(1, 'fill'))),
    );
    expect(reached.sort()).toEqual(near.sort());
    expect(reached).toHaveLength(6 * 3);
  });

  it('of an anchor take one earlier point in or leave one out', () => {
    const [sample] = samplesOf(skips, 1) as [Sample];
    const anchors = changesOf(skips.space, sample).filter(({ answer }) => answer.kind === 'anchor');
    expect(anchors).toHaveLength(0 + 1 + 2 + 3);
    for (const { question, answer } of anchors) {
      const before = answersByName(sample).get(question);
      if (answer.kind !== 'anchor' || before?.kind !== 'anchor') throw new Error('not an anchor');
      const flipped = [...answer.chosen, ...before.chosen].filter(
        (j) => answer.chosen.includes(j) !== before.chosen.includes(j),
      );
      expect(flipped).toHaveLength(1);
    }
  });

  it('a mutation is each of them equally often', () => {
    const [sample] = samplesOf(skips, 1) as [Sample];
    const changes = changesOf(skips.space, sample).length;
    const draws = 4000;
    const counts = new Map<string, number>();
    for (let k = 0; k < draws; k++) {
      const key = sampleKey(mutate(skips.space, sample, skips.arguments, randomStream(k, 'mutate')));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(changes);
    const expected = draws / changes;
    for (const count of counts.values())
      expect(Math.abs(count - expected)).toBeLessThan(4.5 * Math.sqrt(expected)); // 4.5 standard errors
  });

  it('a sample that leaves no choice is its own mutation', () => {
    const single = defineSpace({
      name: 'single',
      version: 1,
      decisions: { only: choice(['one']) },
      *program(ask) {
        return [yield* ask.only()];
      },
    });
    const sample = sampleUniformly(single, {}, randomStream(1, 'test'));
    expect(mutate(single, sample, {}, randomStream(2, 'test'))).toEqual(sample);
  });
});

describe('a sample under other arguments', () => {
  it('keeps the answers to the questions that are still asked', () => {
    const [sample] = samplesOf(chain, 1) as [Sample];
    const deeper = carriedOver(chain.space, sample, { layers: 3 }, randomStream(1, 'carry'));
    expect(deeper.answers.slice(0, 6)).toEqual(sample.answers);
    expect(deeper.answers).toHaveLength(9);
    const back = carriedOver(chain.space, deeper, { layers: 2 }, randomStream(2, 'carry'));
    expect(back).toEqual(sample);
  });
});
