import { describe, expect, it } from 'vitest';
import { chain } from '../../test/known-rewards.ts';
import type { Sample } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import { localSearch } from './local-search.ts';

const args = { layers: 1 }; // 4 × 4 × 4 samples, 9 neighbours each
const differences = (a: Sample, b: Sample) =>
  a.answers.filter((answer, i) => JSON.stringify(answer) !== JSON.stringify(b.answers[i])).length;

/** Asks and tells one by one. */
function searched(options: unknown, trials: number, rewardOf: (sample: Sample) => number): Sample[] {
  const strategy = localSearch(chain.space, options, 5);
  return Array.from({ length: trials }, (_, k) => {
    const [sample] = strategy.ask(1, args) as [Sample];
    strategy.tell([{ number: k + 1, sample, reward: rewardOf(sample) }]);
    return sample;
  });
}

const indices = (sample: Sample) =>
  sample.answers.map((answer) => (answer.kind === 'choice' ? answer.index : 0));
/** One hill: the greater the indices the better. */
const height = (sample: Sample) => indices(sample).reduce((sum, index) => sum + index, 0);

describe('local search', () => {
  it('evaluates all neighbours of its start, then all new ones of the best neighbour', () => {
    const samples = searched({}, 1 + 9 + 6, height);
    const [start, ...rest] = samples as [Sample, ...Sample[]];
    const around = rest.slice(0, 9);
    for (const neighbour of around) expect(differences(start, neighbour)).toBe(1);
    expect(new Set(around.map(sampleKey)).size).toBe(9);
    const best = around.reduce((a, b) => (height(b) > height(a) ? b : a));
    expect(height(best)).toBeGreaterThan(height(start));
    // Three of its nine neighbours are the start and the others of the same question, which are known.
    for (const neighbour of rest.slice(9)) expect(differences(best, neighbour)).toBe(1);
  });

  it('with `first` moves at once to a neighbour that is better', () => {
    const samples = searched({ move: 'first' }, 12, height);
    let at = samples[0] as Sample;
    for (const sample of samples.slice(1)) {
      if (height(at) === 9) break;
      expect(differences(at, sample)).toBe(1);
      if (height(sample) > height(at)) at = sample;
    }
    expect(height(at)).toBeGreaterThan(height(samples[0] as Sample));
  });

  it('starts again from elsewhere at a local optimum', () => {
    const flat = searched({}, 11, () => 0.5);
    const start = flat[0] as Sample;
    for (const neighbour of flat.slice(1, 10)) expect(differences(start, neighbour)).toBe(1);
    expect(differences(start, flat[10] as Sample)).toBeGreaterThan(1);
  });

  it('waits for the last neighbours with new starts, and begins the next climb at the best of them', () => {
    const strategy = localSearch(chain.space, {}, 5);
    const [start] = strategy.ask(1, args) as [Sample];
    strategy.tell([{ number: 1, sample: start, reward: 0.5 }]);
    const ahead = strategy.ask(9 + 3, args);
    const [around, starts] = [ahead.slice(0, 9), ahead.slice(9)];
    for (const neighbour of around) expect(differences(start, neighbour)).toBe(1);
    for (const other of starts) expect(differences(start, other)).toBeGreaterThan(1);
    strategy.tell(starts.map((sample, k) => ({ number: 11 + k, sample, reward: k === 1 ? 0.9 : 0.1 })));
    strategy.tell(around.map((sample, k) => ({ number: 2 + k, sample, reward: 0 })));
    const [next] = strategy.ask(1, args) as [Sample];
    expect(differences(starts[1] as Sample, next)).toBe(1);
  });
});
