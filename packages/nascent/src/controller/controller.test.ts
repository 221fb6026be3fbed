import { liveTensors, scope, tensor } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { chain, conditional, KNOWN_REWARDS, skips } from '../../test/known-rewards.ts';
import { plainScore } from '../../test/plain-controller.ts';
import { randomStream } from '../random.ts';
import { anchor, choice } from '../search-space/decision.ts';
import type { Sample } from '../search-space/sample.ts';
import { defineSpace, type SearchSpace } from '../search-space/space.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { type Controller, createController, initialWeights } from './controller.ts';
import { divergenceAlong } from './divergence.ts';
import { enumeratedPolicy } from './enumerated-policy.ts';
import { controllerLayout } from './layout.ts';
import { greedy, sampleFrom } from './sampling.ts';
import { score } from './scoring.ts';

/** Wide weights: the policy is far from uniform, so that a wrong term shows. */
const wide = { hiddenSize: 7, layers: 2, initialRange: 0.9 };
const streams = (count: number) =>
  Array.from({ length: count }, (_, k) => randomStream('controller test', k));

function wideController(space: SearchSpace, seed = 1): Controller {
  return createController(space.decisions, seed, { config: wide, dtype: 'float64' });
}

function scored(controller: Controller, space: SearchSpace, samples: readonly Sample[], temperature = 1) {
  return scope(() => {
    const { logProbs, entropies } = score(controller, space, samples, { temperature });
    return {
      logProbs: Array.from(logProbs.toArray(), Number),
      entropies: Array.from(entropies.toArray(), Number),
    };
  });
}

/** Sum of the samples' log-probabilities as a function of the flat vector. */
function total(
  controller: Controller,
  space: SearchSpace,
  samples: readonly Sample[],
  at: Float64Array,
): number {
  return scope(() => {
    const parameters = tensor(at, { shape: [at.length], dtype: 'float64' });
    const { logProbs } = scored({ layout: controller.layout, parameters }, space, samples);
    return logProbs.reduce((sum, logProb) => sum + logProb, 0);
  });
}

/** Two kinds of anchors and a choice in one program: rows that ask different things at the same step. */
const tangled = defineSpace({
  name: 'tangled',
  version: 1,
  decisions: { more: choice(['a', 'b', 'c']), left: anchor(), right: anchor() },
  *program(ask, { steps }: { steps: number }) {
    const asked = { left: 0, right: 0 };
    const net: unknown[] = [];
    for (let i = 0; i < steps; i++) {
      const kind = yield* ask.more(i === 0 ? { only: ['a', 'b'] } : undefined);
      if (kind === 'a') net.push(yield* ask.left(asked.left++));
      if (kind === 'b') net.push(yield* ask.right(asked.right++));
    }
    return net;
  },
});
const spaces = [
  ...KNOWN_REWARDS,
  { name: 'tangled', space: tangled as SearchSpace, arguments: { steps: 3 } },
];

describe('controller', () => {
  it("has the paper's size and starts uniform in ±0.08 (§4.1)", () => {
    const controller = createController(chain.space.decisions, 5);
    const weights = controller.parameters.toFloat32();
    expect(controller.layout.config).toEqual({ hiddenSize: 35, layers: 2, initialRange: 0.08 });
    expect(Math.max(...weights)).toBeLessThanOrEqual(0.08);
    expect(Math.min(...weights)).toBeGreaterThanOrEqual(-0.08);
    const variance = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
    expect(variance).toBeCloseTo(0.08 ** 2 / 3, 4);
    controller.parameters.dispose();
  });

  it('has weights that follow from the declaration and the seed alone', () => {
    const layout = controllerLayout(skips.space.decisions, wide);
    expect(layout.slots.map((slot) => slot.name)).toEqual([
      'lstm.0.inputWeight',
      'lstm.0.hiddenWeight',
      'lstm.0.bias',
      'lstm.1.inputWeight',
      'lstm.1.hiddenWeight',
      'lstm.1.bias',
      'start',
      'filter.embedding',
      'filter.headWeight',
      'filter.headBias',
      'skip.previousWeight',
      'skip.currentWeight',
      'skip.vector',
      'skip.inputProjection',
    ]);
    expect(layout.parameterCount).toBe(2 * (2 * 4 * 7 * 7 + 4 * 7) + 7 + (2 * 7 + 2 * 7 + 2) + 3 * 7 * 7 + 7);
    expect(initialWeights(layout, 3)).toEqual(initialWeights(layout, 3));
    expect(initialWeights(layout, 3)).not.toEqual(initialWeights(layout, 4));
  });
});

describe('controller sampling', () => {
  it.each(spaces)('$name › every sample decodes', ({ space, arguments: args }) => {
    const controller = wideController(space);
    for (const sample of sampleFrom(controller, space, args, streams(64)).samples) space.decode(sample);
    controller.parameters.dispose();
  });

  it.each(spaces)(
    '$name › a sample does not depend on its neighbours in the batch',
    ({ space, arguments: args }) => {
      const controller = createController(space.decisions, 2); // float32, as in a search
      const alone = streams(24).map((stream) => sampleFrom(controller, space, args, [stream]).samples[0]);
      expect(sampleFrom(controller, space, args, streams(8)).samples).toEqual(alone.slice(0, 8));
      expect(sampleFrom(controller, space, args, streams(24)).samples).toEqual(alone);
      controller.parameters.dispose();
    },
  );

  it('draws each sample as often as its probability says', () => {
    const controller = wideController(conditional.space);
    const policy = enumeratedPolicy(controller.layout, conditional.space, { layers: 2 });
    const probabilities = policy.probabilities(controller);
    const draws = 4000;
    const counts = new Map<string, number>();
    for (const { answers } of sampleFrom(controller, conditional.space, { layers: 2 }, streams(draws))
      .samples) {
      counts.set(JSON.stringify(answers), (counts.get(JSON.stringify(answers)) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (const [at, { answers }] of policy.samples.entries()) {
      const expected = draws * (probabilities[at] ?? 0);
      chiSquare += ((counts.get(JSON.stringify(answers)) ?? 0) - expected) ** 2 / expected;
    }
    const freedom = policy.samples.length - 1;
    expect(chiSquare).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom)); // mean + 4 standard deviations
    controller.parameters.dispose();
  });

  it('greedy takes the most probable answer of each step', () => {
    const controller = wideController(skips.space);
    const one = { layers: 1 };
    const policy = enumeratedPolicy(controller.layout, skips.space, one);
    const probabilities = policy.probabilities(controller);
    const best = probabilities.indexOf(Math.max(...probabilities));
    expect(greedy(controller, skips.space, one).answers).toEqual(policy.samples[best]?.answers);
    controller.parameters.dispose();
  });

  it('refuses arguments under which the space asks nothing', () => {
    const controller = wideController(chain.space);
    expect(() => sampleFrom(controller, chain.space, { layers: 0 }, streams(1))).toThrow(/asks nothing/);
    controller.parameters.dispose();
  });
});

describe('controller scoring', () => {
  it.each(spaces)(
    '$name › gives the log-probabilities that sampling drew with',
    ({ space, arguments: args }) => {
      const controller = createController(space.decisions, 3, { config: { ...wide, hiddenSize: 35 } });
      const { samples, logProbs } = sampleFrom(controller, space, args, streams(40));
      const again = scored(controller, space, samples).logProbs;
      for (const [k, logProb] of logProbs.entries())
        expect(Math.abs((again[k] ?? 0) - logProb)).toBeLessThan(1e-5);
      controller.parameters.dispose();
    },
  );

  it.each(spaces)('$name › the probabilities of all samples sum to 1', ({ space, arguments: args }) => {
    const controller = wideController(space);
    const policy = enumeratedPolicy(controller.layout, space, args);
    expect(policy.probabilities(controller).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 10);
    controller.parameters.dispose();
  });

  it.each(spaces)('$name › equals the plain float64 computation', ({ space, arguments: args }) => {
    const controller = wideController(space);
    const parameters = controller.parameters.toArray() as Float64Array;
    const { samples } = sampleFrom(controller, space, args, streams(20));
    const { logProbs } = scored(controller, space, samples);
    for (const [k, sample] of samples.entries()) {
      expect(logProbs[k]).toBeCloseTo(plainScore(controller.layout, parameters, space, sample).logProb, 11);
    }
    controller.parameters.dispose();
  });

  it('scores samples of different lengths and arguments in one batch as it scores each alone', () => {
    const controller = wideController(tangled);
    const samples = [1, 4, 2, 3, 4].map((steps, k) =>
      sampleUniformly(tangled, { steps }, randomStream('mixed', k)),
    );
    const together = scored(controller, tangled, samples);
    for (const [k, sample] of samples.entries()) {
      const alone = scored(controller, tangled, [sample]);
      expect(together.logProbs[k]).toBeCloseTo(alone.logProbs[0] ?? Number.NaN, 12);
      expect(together.entropies[k]).toBeCloseTo(alone.entropies[0] ?? Number.NaN, 12);
    }
    controller.parameters.dispose();
  });

  it('skip connections › are as probable as sigmoid(vᵀ tanh(W_prev h_j + W_curr h_i)) says (§3.3)', () => {
    const controller = wideController(skips.space);
    const parameters = controller.parameters.toArray() as Float64Array;
    const args = { layers: 3 };
    const policy = enumeratedPolicy(controller.layout, skips.space, args);
    const probabilities = policy.probabilities(controller);
    // P(0 → 1 | filters) by summing the engine's probabilities over everything else.
    const [first] = policy.samples;
    if (first === undefined) throw new Error('no samples');
    const prefix = JSON.stringify(first.answers.slice(0, 3)); // filter, empty skip, filter
    let all = 0;
    let included = 0;
    for (const [at, { answers }] of policy.samples.entries()) {
      if (JSON.stringify(answers.slice(0, 3)) !== prefix) continue;
      all += probabilities[at] ?? 0;
      if (answers[3]?.kind === 'anchor' && answers[3].chosen.includes(0)) included += probabilities[at] ?? 0;
    }
    const { inclusions } = plainScore(controller.layout, parameters, skips.space, first);
    expect(included / all).toBeCloseTo(inclusions[1]?.[0] ?? Number.NaN, 11);
    controller.parameters.dispose();
  });

  it.each(spaces)(
    '$name › gradients equal finite differences for every weight',
    ({ space, arguments: args }) => {
      const controller = wideController(space);
      const { samples } = sampleFrom(controller, space, args, streams(6));
      const gradient = scope(() => {
        score(controller, space, samples).logProbs.sum().backward();
        return controller.parameters.grad?.toArray() as Float64Array;
      });
      const at = Float64Array.from(controller.parameters.toArray() as Float64Array);
      const step = 1e-5;
      for (const { name, offset, size } of controller.layout.slots) {
        // Three weights of each slot: W_prev, W_curr and v are among them.
        for (const inside of new Set([0, Math.floor(size / 2), size - 1])) {
          const shifted = (by: number) => {
            const moved = Float64Array.from(at);
            moved[offset + inside] = (moved[offset + inside] ?? 0) + by;
            return total(controller, space, samples, moved);
          };
          const difference = (shifted(step) - shifted(-step)) / (2 * step);
          expect(gradient[offset + inside], `${name}[${inside}]`).toBeCloseTo(difference, 6);
        }
      }
      controller.parameters.dispose();
    },
  );

  it('entropies along sampled paths average to the entropy of the policy', () => {
    const controller = wideController(conditional.space);
    const policy = enumeratedPolicy(controller.layout, conditional.space, conditional.arguments);
    const probabilities = policy.probabilities(controller);
    const { entropies } = scored(controller, conditional.space, policy.samples);
    const exact = -probabilities.reduce((sum, p) => sum + p * Math.log(p), 0);
    expect(probabilities.reduce((sum, p, at) => sum + p * (entropies[at] ?? 0), 0)).toBeCloseTo(exact, 10);
    controller.parameters.dispose();
  });

  it('temperature › divides the logits, in sampling and scoring alike', () => {
    const space = defineSpace({
      name: 'one-choice',
      version: 1,
      decisions: { only: choice([1, 2, 3]) },
      *program(ask, _: Record<string, number>) {
        return yield* ask.only();
      },
    });
    const controller = wideController(space);
    const policy = enumeratedPolicy(controller.layout, space, {});
    const plain = policy.probabilities(controller);
    const halved = scored(controller, space, policy.samples, 2).logProbs.map(Math.exp);
    const roots = plain.map(Math.sqrt);
    const sum = roots.reduce((a, b) => a + b, 0);
    for (const [at, p] of halved.entries()) expect(p).toBeCloseTo((roots[at] ?? 0) / sum, 12);
    const { samples, logProbs } = sampleFrom(controller, space, {}, streams(5), { temperature: 2 });
    const again = scored(controller, space, samples, 2).logProbs;
    for (const [k, logProb] of logProbs.entries()) expect(again[k]).toBeCloseTo(logProb, 12);
    controller.parameters.dispose();
  });

  it('refuses samples of another space', () => {
    const controller = wideController(chain.space);
    const { samples } = sampleFrom(controller, chain.space, { layers: 1 }, streams(1));
    expect(() => scope(() => score(controller, skips.space, samples))).toThrow(/chain@1/);
    controller.parameters.dispose();
  });
});

describe('controller divergence', () => {
  it.each(spaces)(
    '$name › averages to KL(current ‖ reference) of the policies',
    ({ space, arguments: args }) => {
      const current = wideController(space, 1);
      const reference = wideController(space, 2);
      const policy = enumeratedPolicy(current.layout, space, args);
      const p = policy.probabilities(current);
      const q = policy.probabilities(reference);
      const exact = p.reduce(
        (sum, probability, at) => sum + probability * Math.log(probability / (q[at] ?? 0)),
        0,
      );
      const { divergences } = divergenceAlong(current, reference, space, policy.samples);
      expect(p.reduce((sum, probability, at) => sum + probability * (divergences[at] ?? 0), 0)).toBeCloseTo(
        exact,
        9,
      );
      expect(Math.min(...divergences)).toBeGreaterThanOrEqual(0);
      current.parameters.dispose();
      reference.parameters.dispose();
    },
  );
});

describe('controller memory', () => {
  it('sampling, scoring and divergence leave no tensor behind', () => {
    const controller = createController(skips.space.decisions, 1);
    const before = liveTensors();
    for (let round = 0; round < 3; round++) {
      const { samples } = sampleFrom(controller, skips.space, skips.arguments, streams(5));
      scored(controller, skips.space, samples);
      divergenceAlong(controller, controller, skips.space, samples);
      greedy(controller, skips.space, skips.arguments);
      expect(liveTensors()).toBe(before);
    }
    controller.parameters.dispose();
  });
});
