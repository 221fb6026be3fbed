import { describe, expect, it } from 'vitest';
import { conditional, skips } from '../../test/known-rewards.ts';
import { randomStream } from '../random.ts';
import type { Answer, Question } from '../search-space/decision.ts';
import { AnswerDensity } from './answer-density.ts';

const choose = (decision: string, index: number): Answer => ({ kind: 'choice', decision, index });
const skip = (...chosen: number[]): Answer => ({ kind: 'anchor', decision: 'skip', chosen });
const close = (...expected: number[]) => expected.map((value) => expect.closeTo(value, 12));

describe('density of answers', () => {
  // Two samples whose first layer is a convolution, one whose first layer is a pooling.
  const density = new AnswerDensity(
    [
      [choose('kind', 0), choose('filter', 2), choose('stride', 1), choose('kind', 2)],
      [choose('kind', 0), choose('filter', 0), choose('kind', 0), choose('filter', 2), choose('stride', 0)],
      [choose('kind', 1), choose('kind', 0), choose('filter', 2), choose('stride', 1), choose('kind', 2)],
    ].map((answers) => ({ space: conditional.space.identity, arguments: conditional.arguments, answers })),
    1,
  );
  const all = (decision: string, allowed: readonly number[] = [0, 1, 2]): Question => ({
    kind: 'choice',
    decision,
    allowed,
  });

  it('counts answers to the n-th question of a decision, and one more for each option', () => {
    expect(density.of('0.kind', all('kind'))).toEqual(close(3 / 6, 2 / 6, 1 / 6));
    expect(density.of('1.kind', all('kind'))).toEqual(close(3 / 6, 1 / 6, 2 / 6));
  });

  it('a conditional question is judged by the samples in which it was asked', () => {
    expect(density.of('0.filter', all('filter'))).toEqual(close(2 / 6, 1 / 6, 3 / 6));
    expect(density.of('1.filter', all('filter'))).toEqual(close(1 / 4, 1 / 4, 2 / 4));
    expect(density.of('2.filter', all('filter'))).toEqual(close(1 / 3, 1 / 3, 1 / 3));
  });

  it('narrowed questions share all probability among what they allow', () => {
    expect(density.of('0.kind', all('kind', [0, 2]))).toEqual(close(3 / 4, 1 / 4));
  });

  it('log-probabilities are those of the density', () => {
    expect(density.logProbability('0.kind', all('kind'), choose('kind', 1))).toBeCloseTo(Math.log(2 / 6), 12);
  });

  it('an anchor has a probability for each earlier point', () => {
    const anchors = new AnswerDensity(
      [
        [skip(), skip(0), skip(0, 1)],
        [skip(), skip(), skip(1)],
      ].map((answers) => ({ space: skips.space.identity, arguments: skips.arguments, answers })),
      1,
    );
    const question: Question = { kind: 'anchor', decision: 'skip', earlier: 2 };
    expect(anchors.of('2.skip', question)).toEqual(close(2 / 4, 3 / 4));
    expect(anchors.logProbability('2.skip', question, skip(0))).toBeCloseTo(Math.log((2 / 4) * (1 / 4)), 12);
  });

  it('draws as often as it says', () => {
    const draws = 4000;
    const stream = randomStream(1, 'test');
    const counts = [0, 0, 0];
    for (let k = 0; k < draws; k++) {
      const answer = density.draw('0.kind', all('kind'), stream);
      if (answer.kind === 'choice') counts[answer.index] = (counts[answer.index] ?? 0) + 1;
    }
    const noise = 4 * Math.sqrt(0.25 / draws); // 4 standard errors
    for (const [i, p] of density.of('0.kind', all('kind')).entries())
      expect(Math.abs((counts[i] ?? 0) / draws - p)).toBeLessThan(noise);
  });
});
