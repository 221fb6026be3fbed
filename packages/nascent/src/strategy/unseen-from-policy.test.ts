import { describe, expect, it } from 'vitest';
import { choice } from '../search-space/decision.ts';
import { enumerate } from '../search-space/enumerate.ts';
import type { Sample } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import { defineSpace } from '../search-space/space.ts';
import { unseenFromPolicy } from './unseen-from-policy.ts';

const digits = defineSpace({
  name: 'digits',
  version: 1,
  decisions: { digit: choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) },
  *program(ask) {
    return yield* ask.digit();
  },
});
const all = [...enumerate(digits, {})];
const pick = (...indices: number[]): Sample[] => indices.flatMap((index) => all[index] ?? []);
const nothing = { knows: () => false };

describe('unseen samples of the policy', () => {
  it('are each there once, in the order of drawing, without what was asked before', () => {
    const known = new Set(pick(3, 5).map(sampleKey));
    const found = unseenFromPolicy(() => pick(3, 1, 1, 5, 0, 2), { knows: (key) => known.has(key) }, 6);
    expect(found).toEqual(pick(1, 0, 2));
  });

  it('come from one round where that brings half of what is wanted, else from flatter and flatter ones', () => {
    const rounds: [number, number][] = [];
    const draw = (_: number, flatter: number, round: number) => {
      rounds.push([flatter, round]);
      return pick(round);
    };
    unseenFromPolicy((count) => all.slice(0, count), nothing, 8);
    expect(unseenFromPolicy(draw, nothing, 6)).toEqual(pick(0, 1, 2));
    expect(rounds).toEqual([
      [1, 0],
      [1.5, 1],
      [2, 2],
    ]);
  });

  it('are none where six rounds bring nothing new', () => {
    let drawn = 0;
    const found = unseenFromPolicy(
      (count) => {
        drawn += count;
        return pick(...Array.from({ length: count }, () => 0));
      },
      { knows: () => true },
      1,
    );
    expect(found).toEqual([]);
    expect(drawn).toBe(24); // six rounds of at least four
  });
});
