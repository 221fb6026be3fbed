import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowedProbabilities,
  drawAnchors,
  drawOption,
  likeliestOption,
  logSigmoid,
} from './distribution.ts';

const logit = fc.double({ min: -50, max: 50, noNaN: true });
const unit = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

describe('option distribution', () => {
  it('probabilities of the allowed options sum to 1, whatever the others are', () => {
    fc.assert(
      fc.property(fc.array(logit, { minLength: 1, maxLength: 12 }), fc.nat(), (logits, pattern) => {
        const some = logits.flatMap((_, option) => ((pattern >> option) & 1 ? [option] : []));
        const allowed = some.length > 0 ? some : [0];
        const sum = allowedProbabilities(logits, 0, allowed).reduce((total, p) => total + p, 0);
        expect(sum).toBeCloseTo(1, 12);
      }),
    );
  });

  it('reads its own block of the joint head', () => {
    expect(allowedProbabilities([9, 9, 0, Math.log(3)], 2, [0, 1])[1]).toBeCloseTo(0.75, 12);
  });

  it('a drawn option is allowed, possible, and carries its own log-probability', () => {
    fc.assert(
      fc.property(fc.array(logit, { minLength: 2, maxLength: 6 }), unit, (logits, uniform) => {
        const allowed = logits.map((_, option) => option).filter((option) => option !== 1);
        const probabilities = allowedProbabilities(logits, 0, allowed);
        const drawn = drawOption(allowed, probabilities, uniform);
        const probability = probabilities[allowed.indexOf(drawn.value)] ?? Number.NaN;
        expect(probability).toBeGreaterThan(0);
        expect(drawn.logProb).toBe(Math.log(probability));
      }),
    );
  });

  it('an impossible option is never drawn, not even at the edges', () => {
    expect(drawOption([0, 1, 2], [0, 1, 0], 0).value).toBe(1);
    expect(drawOption([0, 1, 2], [0, 1 - 1e-12, 0], 1 - 1e-16).value).toBe(1);
  });

  it('greedy takes the likeliest, the first of equals', () => {
    expect(likeliestOption([3, 5, 7], [0.2, 0.4, 0.4]).value).toBe(5);
  });

  it('refuses logits that are not numbers instead of drawing something', () => {
    expect(() => drawOption([0, 1], [Number.NaN, Number.NaN], 0.5)).toThrow(RangeError);
    expect(() => drawAnchors([Number.NaN], () => true)).toThrow(RangeError);
  });
});

describe('anchor distribution', () => {
  it('log-probability is the sum over all earlier anchors, chosen or not (§3.3)', () => {
    const drawn = drawAnchors([0, Math.log(3)], (probability) => probability > 0.6);
    expect(drawn.value).toEqual([1]);
    expect(drawn.logProb).toBeCloseTo(Math.log(0.5) + Math.log(0.75), 12);
  });

  it('the first anchor chooses nothing, with certainty', () => {
    expect(drawAnchors([], () => true)).toEqual({ value: [], logProb: 0 });
  });

  it('log sigmoid is finite and exact far from zero', () => {
    expect(logSigmoid(-800)).toBe(-800);
    expect(logSigmoid(40)).toBeCloseTo(-Math.exp(-40), 30);
  });
});
