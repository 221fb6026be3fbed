import { describe, expect, it } from 'vitest';
import { conditional, skips } from '../../test/known-rewards.ts';
import type { Answer } from '../search-space/decision.ts';
import { AnswerFeatures, hammingDistances } from './answer-features.ts';

const choose = (decision: string, index: number): Answer => ({ kind: 'choice', decision, index });
const sample = (known: typeof conditional, answers: readonly Answer[]) => ({
  space: known.space.identity,
  arguments: known.arguments,
  answers,
});

function distance(known: typeof conditional, a: readonly Answer[], b: readonly Answer[]): number | undefined {
  const features = new AnswerFeatures();
  const [from, to] = [features.of(sample(known, a)), features.of(sample(known, b))];
  return hammingDistances(
    [from],
    [to],
    features.decisions.map(() => 1),
  )[0];
}

describe('answers as features', () => {
  const end = choose('kind', 2);

  it('the n-th question of a decision is compared with the n-th, wherever it stands in the sample', () => {
    const pooled = [choose('kind', 1), choose('kind', 0), choose('filter', 1), end];
    const first = [choose('kind', 0), choose('filter', 1), choose('kind', 0), choose('filter', 0), end];
    // kind 0 differs; filter 0 does not; filter 1 was asked of one only
    expect(distance(conditional, pooled, first)).toBe(2);
  });

  it('a question that was not asked differs from every answer to it', () => {
    const three = [choose('kind', 0), choose('filter', 1), end];
    const five = [choose('kind', 0), choose('filter', 2), choose('stride', 0), end];
    expect(distance(conditional, three, five)).toBe(2);
    expect(distance(conditional, five, three)).toBe(2);
    expect(distance(conditional, three, three)).toBe(0);
  });

  it('an anchor is compared point by point', () => {
    const skip = (...chosen: number[]): Answer => ({ kind: 'anchor', decision: 'skip', chosen });
    const layers = (...anchors: Answer[]) => anchors.flatMap((anchor) => [choose('filter', 0), anchor]);
    const none = layers(skip(), skip(), skip());
    const some = layers(skip(), skip(0), skip(0, 1));
    expect(distance(skips, none, some)).toBe(3);
    expect(distance(skips, layers(skip(), skip(), skip(0)), layers(skip(), skip(), skip(1)))).toBe(2);
  });
});
