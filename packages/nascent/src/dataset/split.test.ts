import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classCounts } from './image-dataset.ts';
import { splitExamples } from './split.ts';

const labelsOf = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 300 });
const seeds = fc.integer();
const classes = Array.from({ length: 10 }, (_, label) => `${label}`);

describe('train/validation split', () => {
  it('parts are disjoint and, by default, cover every example', () => {
    fc.assert(
      fc.property(labelsOf, seeds, fc.boolean(), (labels, seed, stratified) => {
        const examples = labels.length;
        const validation = Math.max(1, Math.floor(examples / 3));
        const by = stratified ? { labels: Uint8Array.from(labels) } : {};
        const split = splitExamples(examples, { seed, validation, ...by });
        const all = [...split.train, ...split.validation].sort((a, b) => a - b);
        expect(split.validation.length).toBe(validation);
        expect(all).toEqual(Array.from({ length: examples }, (_, index) => index));
      }),
    );
  });

  it('the same seed gives the same split, another seed another', () => {
    const first = splitExamples(1000, { seed: 1 });
    expect(splitExamples(1000, { seed: 1 })).toEqual(first);
    expect(splitExamples(1000, { seed: 2 }).validation).not.toEqual(first.validation);
    expect(first.validation.length).toBe(100);
  });

  it('is pinned: a moved permutation changes every published result, so say so in the changelog', () => {
    expect([...splitExamples(50_000, { seed: 0 }).validation.subarray(0, 5)]).toMatchInlineSnapshot(`
      [
        9234,
        18327,
        47787,
        31966,
        34356,
      ]
    `);
  });

  it('fewer training examples are a prefix of more, and leave validation as it is', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 60 }), (seed, train) => {
        const whole = splitExamples(100, { seed, validation: 40 });
        const part = splitExamples(100, { seed, validation: 40, train });
        expect(part.validation).toEqual(whole.validation);
        expect(part.train).toEqual(whole.train.subarray(0, train));
      }),
    );
  });

  it('sizes may be fractions', () => {
    const split = splitExamples(200, { seed: 3, train: 0.5, validation: 0.25 });
    expect([split.train.length, split.validation.length]).toEqual([100, 50]);
  });

  it('stratified › each part has each class in proportion, to within one example', () => {
    fc.assert(
      fc.property(labelsOf, seeds, fc.double({ min: 0.2, max: 0.7, noNaN: true }), (list, seed, share) => {
        const labels = Uint8Array.from(list);
        const validation = Math.max(1, Math.floor(share * labels.length));
        const split = splitExamples(labels.length, { seed, validation, labels });
        const whole = classCounts({ labels, classes });
        const part = classCounts({ labels, classes }, split.validation);
        for (const [label, count] of part.entries()) {
          const fair = ((whole[label] as number) * validation) / labels.length;
          expect(Math.abs(count - fair)).toBeLessThanOrEqual(2);
        }
      }),
    );
    const balanced = Uint8Array.from({ length: 1000 }, (_, index) => index % 10);
    const { validation } = splitExamples(1000, { seed: 5, validation: 100, labels: balanced });
    expect(classCounts({ labels: balanced, classes }, validation)).toEqual(Array(10).fill(10));
  });

  it.each([
    [{ validation: 0 }, /validation split is 0/],
    [{ validation: 11 }, /11 of 10 examples/],
    [{ validation: 10 }, /0 training and 10 validation/],
    [{ validation: 5, train: 6 }, /do not fit into 10/],
    [{ validation: 2.5 }, /2\.5/],
    [{ labels: new Uint8Array(3) }, /3 labels were given for 10/],
  ])('sizes that do not fit are refused: %o', (options, message) => {
    expect(() => splitExamples(10, { seed: 0, ...options })).toThrow(message);
  });
});
