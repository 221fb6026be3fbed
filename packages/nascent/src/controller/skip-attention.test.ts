import { scope, tensor } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { plainScore } from '../../test/plain-controller.ts';
import { randomStream } from '../random.ts';
import { builtInSpace, type Sample, sampleUniformly } from '../search-space/index.ts';
import { type Controller, createController } from './controller.ts';
import { sampleFrom } from './sampling.ts';
import { distributionsAlong, score } from './scoring.ts';
import { scoringPlan } from './scoring-plan.ts';

/** Wide weights: the policy is far from uniform, so that a wrong term shows. */
const wide = { hiddenSize: 7, layers: 2, initialRange: 0.9 };
const spaces = ['cnn-v1', 'cnn-v3', 'cnn-full'].map((name) => ({ name, space: builtInSpace(name) }));
type Space = (typeof spaces)[number]['space'];

function wideController(space: Space): Controller {
  return createController(space.decisions, 1, { config: wide, dtype: 'float64' });
}

/** Uniform samples: their skips are as often chosen as not. */
const uniform = (space: Space, count: number, layers: number): readonly Sample[] =>
  Array.from({ length: count }, (_, k) =>
    sampleUniformly(space, { layers }, randomStream('skip attention', k)),
  );

describe('skip attention on the convolutional spaces (§3.3)', () => {
  it.each(spaces)(
    '$name › every inclusion probability equals sigmoid(vᵀ tanh(W_prev h_j + W_curr h_i)), computed independently',
    ({ space }) => {
      const controller = wideController(space);
      const parameters = controller.parameters.toArray() as Float64Array;
      const samples = uniform(space, 6, 8);
      const plan = scoringPlan(controller.layout, space, samples);
      const pairs = plan.anchorPairs.get('skip');
      const logits = scope(() =>
        Array.from(distributionsAlong(controller, plan).anchorLogits?.toArray() ?? [], Number),
      );
      expect(pairs?.samples).toHaveLength((6 * (8 * 7)) / 2);
      for (const [k, sample] of samples.entries()) {
        const { inclusions } = plainScore(controller.layout, parameters, space, sample);
        expect(inclusions.map((earlier) => earlier.length)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
        const engine = logits.filter((_, at) => pairs?.samples[at] === k).map((s) => 1 / (1 + Math.exp(-s)));
        for (const [at, p] of inclusions.flat().entries()) expect(engine[at]).toBeCloseTo(p, 12);
      }
      controller.parameters.dispose();
    },
  );

  it.each(spaces)(
    '$name › gradients of W_prev, W_curr and v equal finite differences, every single weight',
    ({ space }) => {
      const controller = wideController(space);
      const samples = uniform(space, 3, 5);
      const total = (at: Float64Array): number =>
        scope(() => {
          const parameters = tensor(at, { shape: [at.length], dtype: 'float64' });
          return Number(
            score({ layout: controller.layout, parameters }, space, samples).logProbs.sum().item(),
          );
        });
      const gradient = scope(() => {
        score(controller, space, samples).logProbs.sum().backward();
        return controller.parameters.grad?.toArray() as Float64Array;
      });
      const at = Float64Array.from(controller.parameters.toArray() as Float64Array);
      const step = 1e-5;
      for (const name of ['skip.previousWeight', 'skip.currentWeight', 'skip.vector']) {
        const slot = controller.layout.slots.find((candidate) => candidate.name === name);
        const { offset, size } = slot ?? { offset: Number.NaN, size: 0 };
        expect(size).toBe(name === 'skip.vector' ? 7 : 49);
        for (let inside = 0; inside < size; inside++) {
          const shifted = (by: number) => {
            const moved = Float64Array.from(at);
            moved[offset + inside] = (moved[offset + inside] ?? Number.NaN) + by;
            return total(moved);
          };
          const difference = (shifted(step) - shifted(-step)) / (2 * step);
          expect(gradient[offset + inside], `${name}[${inside}]`).toBeCloseTo(difference, 6);
        }
        // Not all of them zero: the samples do depend on these weights.
        expect(Math.max(...gradient.slice(offset, offset + size).map(Math.abs))).toBeGreaterThan(0.01);
      }
      controller.parameters.dispose();
    },
  );

  it.each(spaces)('$name › scoring gives the log-probabilities that sampling drew with', ({ space }) => {
    const controller = createController(space.decisions, 3, { config: { ...wide, hiddenSize: 35 } });
    const streams = Array.from({ length: 8 }, (_, k) => randomStream('drawn', k));
    const { samples, logProbs } = sampleFrom(controller, space, { layers: 15 }, streams);
    const again = scope(() => Array.from(score(controller, space, samples).logProbs.toArray(), Number));
    // Some 190 float32 terms each.
    for (const [k, logProb] of logProbs.entries())
      expect(Math.abs((again[k] ?? 0) - logProb)).toBeLessThan(1e-5 * Math.abs(logProb));
    for (const sample of samples) space.decode(sample);
    controller.parameters.dispose();
  });

  it.each(spaces)('$name › the whole log-probability equals the plain float64 computation', ({ space }) => {
    const controller = wideController(space);
    const parameters = controller.parameters.toArray() as Float64Array;
    const samples = uniform(space, 6, 7);
    const engine = scope(() => Array.from(score(controller, space, samples).logProbs.toArray(), Number));
    for (const [k, sample] of samples.entries())
      expect(engine[k]).toBeCloseTo(plainScore(controller.layout, parameters, space, sample).logProb, 10);
    controller.parameters.dispose();
  });
});
