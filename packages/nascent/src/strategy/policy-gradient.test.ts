import { Adam, liveTensors, scope } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { chain, conditional, type KnownRewards, skips } from '../../test/known-rewards.ts';
import { createController, disposeController } from '../controller/controller.ts';
import { lossGradient } from '../reinforce/policy-gradient.ts';
import { choice } from '../search-space/decision.ts';
import { convolutional } from '../search-space/index.ts';
import { defineSpace, type SearchSpace } from '../search-space/space.ts';
import { encodeSample } from '../search-space/tokens.ts';
import { hasNotMoved, NOT_MOVED } from './movement.ts';
import { type PolicyGradient, policyGradient } from './policy-gradient.ts';
import { PRESETS } from './presets.ts';
import { randomSearch } from './random.ts';
import type { Strategy, StrategyResult } from './strategy.ts';
import { StrategyOptionsError, StrategyStateError } from './strategy.ts';

/** The paper's method with settings that move in a few samples. */
const QUICK = {
  learningRate: 0.04,
  batchSize: 4,
  baselineDecay: 0.9,
  normaliseAdvantages: true,
  hiddenSize: 8,
};
/** All of the preset `strong` at once, with a warm-up that a short test leaves behind. */
const STRONG = { preset: 'strong', hiddenSize: 8, warmup: 6, screening: 8 };

/** Asks and tells `rounds` × `n` samples; trial numbers count on. */
function search(strategy: PolicyGradient, problem: KnownRewards, rounds: number, n: number, from = 1): void {
  for (let round = 0; round < rounds; round++) {
    strategy.tell(answered(strategy, problem, n, from + round * n));
  }
}

function answered(
  strategy: PolicyGradient,
  problem: KnownRewards,
  n: number,
  from: number,
): StrategyResult[] {
  return strategy
    .ask(n, problem.arguments)
    .map((sample, k) => ({ number: from + k, sample, reward: problem.rewardOf(sample) }));
}

function weightsOf(strategy: PolicyGradient): number[] {
  return Array.from(strategy.controller.parameters.toFloat32());
}

describe('policy gradient strategy', () => {
  // Before the first update nothing depends on the engine's float32 rounding, so these hold on every machine. If
  // they move, every study changes: say so in the CHANGELOG under "results change".
  it('golden › the first samples of seed 1', () => {
    const space = convolutional();
    const strategy = policyGradient(space as SearchSpace, {}, 1);
    const tokens = strategy.ask(3, { layers: 2 }).map((sample) => encodeSample(sample, space));
    expect(tokens.map((text) => text.split('/').slice(2).join('/'))).toEqual([
      'layers=2/filterHeight=1,filterWidth=3,filterCount=64,filterHeight=5,filterWidth=7,filterCount=24/end',
      'layers=2/filterHeight=3,filterWidth=7,filterCount=36,filterHeight=1,filterWidth=7,filterCount=36/end',
      'layers=2/filterHeight=3,filterWidth=7,filterCount=64,filterHeight=3,filterWidth=5,filterCount=36/end',
    ]);
    strategy.dispose();
  });

  it("has the paper's settings as its default", () => {
    const strategy = policyGradient(chain.space, {}, 1);
    expect(PRESETS.paper).toMatchObject({ learningRate: 0.0006, batchSize: 8, hiddenSize: 35, layers: 2 });
    search(strategy, chain, 1, 7);
    expect(strategy.summary().updates).toBe(0);
    search(strategy, chain, 1, 1, 8);
    expect(strategy.summary()).toMatchObject({ samples: 8, updates: 1 });
    strategy.dispose();
  });

  it.each([chain, conditional, skips])(
    '$name › restored at any point it continues bit for bit',
    { timeout: 120_000 },
    (problem) => {
      const unbroken = policyGradient(problem.space, QUICK, 5);
      search(unbroken, problem, 10, 3);
      let resumed = policyGradient(problem.space, QUICK, 5);
      for (let round = 0; round < 10; round++) {
        search(resumed, problem, 1, 3, 1 + round * 3); // 3 at a time in minibatches of 4: the partial one is kept
        const next = policyGradient(problem.space, QUICK, 5);
        next.restore(resumed.state());
        expect(next.state()).toEqual(resumed.state());
        resumed.dispose();
        resumed = next;
      }
      expect(resumed.state()).toEqual(unbroken.state());
      expect(resumed.summary()).toEqual(unbroken.summary());
      expect(resumed.ask(5, problem.arguments)).toEqual(unbroken.ask(5, problem.arguments));
      resumed.dispose();
      unbroken.dispose();
    },
  );

  it.each([chain, conditional, skips])(
    '$name › with replay, screening and no repeats: restored at any point it continues bit for bit',
    { timeout: 120_000 },
    (problem) => {
      const unbroken = policyGradient(problem.space, STRONG, 5);
      let resumed = policyGradient(problem.space, STRONG, 5);
      for (let round = 0; round < 8; round++) {
        // Two are always awaited while two more are asked.
        search(unbroken, problem, 1, 2, 1 + round * 2);
        search(resumed, problem, 1, 2, 1 + round * 2);
        const next = policyGradient(problem.space, STRONG, 5);
        next.restore(resumed.state());
        expect(next.state()).toEqual(resumed.state());
        resumed.dispose();
        resumed = next;
      }
      expect(resumed.state()).toEqual(unbroken.state());
      expect(resumed.ask(3, problem.arguments)).toEqual(unbroken.ask(3, problem.arguments));
      resumed.dispose();
      unbroken.dispose();
    },
  );

  it('a warm-up › is uniform, and REINFORCE learns nothing from it, whenever its results come', () => {
    const options = { ...QUICK, batchSize: 2, warmup: 6 };
    const strategy = policyGradient(chain.space, options, 4);
    const untouched = weightsOf(strategy);
    const early = answered(strategy, chain, 6, 1);
    const late = answered(strategy, chain, 2, 7);
    const uniform = randomSearch(chain.space, {}, 4).ask(6, chain.arguments);
    expect(early.map(({ sample }) => sample)).toEqual(uniform);
    strategy.tell(early); // told after samples of the policy were drawn
    expect(weightsOf(strategy)).toEqual(untouched);
    expect(strategy.summary().updates).toBe(0);
    strategy.tell(late);
    expect(weightsOf(strategy)).not.toEqual(untouched);
    expect(strategy.summary().updates).toBe(1);
    strategy.dispose();
  });

  it('the preset strong › results told at once and one by one teach the same', () => {
    const [together, apart] = [
      policyGradient(chain.space, STRONG, 2),
      policyGradient(chain.space, STRONG, 2),
    ];
    together.tell(answered(together, chain, 12, 1));
    for (const result of answered(apart, chain, 12, 1)) apart.tell([result]);
    expect(apart.state()).toEqual(together.state());
    together.dispose();
    apart.dispose();
  });

  it('replay › an update is one Adam step on the best distinct samples so far, and only on those', () => {
    const options = { ...STRONG, elites: 2, warmup: 4, screening: 0 };
    const strategy = policyGradient(chain.space, options, 4);
    const results = strategy
      .ask(4, chain.arguments)
      .map((sample, k) => ({ number: k + 1, sample, reward: [0.1, 0.9, 0.3, 0.8][k] ?? 0 }));
    strategy.tell(results);

    const { hiddenSize } = STRONG;
    const { layers, initialRange, learningRate, entropyBonus } = PRESETS.strong;
    const controller = createController(chain.space.decisions, 4, {
      config: { hiddenSize, layers, initialRange },
    });
    const adam = new Adam([controller.parameters], { learningRate });
    const elites = [results[1], results[3]].flatMap((result) => result?.sample ?? []);
    scope(() => adam.step([lossGradient(controller, chain.space, [], [], { elites, entropyBonus })]));
    expect(weightsOf(strategy)).toEqual(Array.from(controller.parameters.toFloat32()));
    adam.dispose();
    disposeController(controller);
    strategy.dispose();
  });

  it('an entropy bonus with a half-life ends up weaker than one that stays', () => {
    const entropyAfter = (entropyHalfLife: number | null) => {
      const options = { ...QUICK, entropyBonus: 0.5, entropyHalfLife };
      const strategy = policyGradient(chain.space, options, 4);
      search(strategy, chain, 40, 4);
      const { entropy } = strategy.summary();
      strategy.dispose();
      return entropy ?? Number.NaN;
    };
    expect(entropyAfter(2)).toBeLessThan(entropyAfter(null) - 0.5);
  });

  it('the preset strong › asks nothing twice, even while results are awaited', () => {
    const strategy = policyGradient(conditional.space, STRONG, 2);
    const keys = new Set<string>();
    const waiting: StrategyResult[] = [];
    for (let n = 1; n <= 60; n++) {
      const [sample] = strategy.ask(1, conditional.arguments);
      if (sample === undefined) throw new Error('nothing was drawn');
      keys.add(encodeSample(sample, conditional.space));
      waiting.push({ number: n, sample, reward: conditional.rewardOf(sample) });
      if (waiting.length > 3) strategy.tell(waiting.splice(0, 2));
    }
    expect(keys.size).toBe(60);
    strategy.dispose();
  });

  it('the preset strong › an exhausted space is asked again, without an end', () => {
    const space = defineSpace({
      name: 'coin',
      version: 1,
      decisions: { side: choice(['heads', 'tails']) },
      *program(ask) {
        return yield* ask.side();
      },
    });
    const strategy = policyGradient(space as SearchSpace, STRONG, 2);
    for (let n = 1; n <= 12; n++) {
      const [sample] = strategy.ask(1, {});
      if (sample === undefined) throw new Error('nothing was drawn');
      strategy.tell([{ number: n, sample, reward: space.decode(sample) === 'heads' ? 1 : 0 }]);
    }
    expect(strategy.summary().samples).toBe(12);
    strategy.dispose();
  });

  it.each([chain, conditional, skips])(
    '$name › strong finds better samples in 60 trials than random search, for each of 5 seeds on average by far',
    { timeout: 120_000 },
    (problem) => {
      const best = (make: (seed: number) => Strategy, seed: number): number => {
        const strategy = make(seed);
        const rewards: number[] = [];
        for (let n = 1; n <= 60; n++) {
          const results = strategy
            .ask(1, problem.arguments)
            .map((sample) => ({ number: n, sample, reward: problem.rewardOf(sample) }));
          rewards.push(...results.map((result) => result.reward));
          strategy.tell(results);
        }
        strategy.dispose();
        return Math.max(...rewards);
      };
      const seeds = [1, 2, 3, 4, 5];
      const strong = seeds.map((seed) =>
        best((s) => policyGradient(problem.space, { preset: 'strong' }, s), seed),
      );
      const random = seeds.map((seed) => best((s) => randomSearch(problem.space, {}, s), seed));
      const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      expect(mean(strong)).toBeGreaterThan(mean(random) + 0.1);
    },
  );

  it("the order in which a minibatch's results arrive does not count", () => {
    const [forward, backward] = [
      policyGradient(chain.space, QUICK, 2),
      policyGradient(chain.space, QUICK, 2),
    ];
    forward.tell(answered(forward, chain, 4, 1));
    for (const result of answered(backward, chain, 4, 1).reverse()) backward.tell([result]);
    expect(weightsOf(backward)).toEqual(weightsOf(forward));
    forward.dispose();
    backward.dispose();
  });

  it('several minibatches may be outstanding; every result counts once', () => {
    const strategy = policyGradient(chain.space, QUICK, 2);
    const first = answered(strategy, chain, 4, 1);
    const second = answered(strategy, chain, 4, 5);
    strategy.tell([...second.slice(0, 3), ...first.slice(2)]);
    strategy.tell([...first.slice(0, 2), ...second.slice(3)]);
    expect(strategy.summary()).toMatchObject({ samples: 8, updates: 2 });
    strategy.dispose();
  });

  it('samples do not depend on how many are asked at once', () => {
    const [one, many] = [policyGradient(skips.space, QUICK, 3), policyGradient(skips.space, QUICK, 3)];
    const single = Array.from({ length: 8 }, () => one.ask(1, skips.arguments)).flat();
    expect(many.ask(8, skips.arguments)).toEqual(single);
    one.dispose();
    many.dispose();
  });

  it('refuses a bad result and leaves everything as it was', () => {
    const strategy = policyGradient(chain.space, QUICK, 3);
    const results = answered(strategy, chain, 4, 1);
    const before = strategy.state();
    const [foreign] = randomSearch(skips.space, {}, 3).ask(1, skips.arguments);
    if (foreign === undefined) throw new Error('nothing was drawn');
    expect(() => strategy.tell([...results, { number: 5, sample: foreign, reward: 1 }])).toThrow(/skips@1/);
    expect(() =>
      strategy.tell(results.map((result, k) => (k === 2 ? { ...result, reward: Number.NaN } : result))),
    ).toThrow(/trial 3.*NaN/s);
    expect(strategy.state()).toEqual(before);
    strategy.dispose();
  });

  it('refuses a state of another space, strategy, seed, or other options, saying which', () => {
    const strategy = policyGradient(chain.space, QUICK, 3);
    const from = (other: { state(): Uint8Array; dispose(): void }) => {
      const bytes = other.state();
      other.dispose();
      return () => strategy.restore(bytes);
    };
    expect(from(policyGradient(skips.space, QUICK, 3))).toThrow(/search space "skips@1/);
    expect(from(policyGradient(chain.space, QUICK, 4))).toThrow(/the seed 4/);
    expect(from(policyGradient(chain.space, { ...QUICK, learningRate: 0.5 }, 3))).toThrow(/options.*0\.5/s);
    expect(from(randomSearch(chain.space, {}, 3))).toThrow(StrategyStateError);
    const cut = strategy.state().slice(0, -5);
    expect(() => strategy.restore(cut)).toThrow(StrategyStateError);
    strategy.dispose();
  });

  it('refuses misspelt options, naming them', () => {
    expect(() => policyGradient(chain.space, { learningrate: 1 }, 1)).toThrow(StrategyOptionsError);
    expect(() => policyGradient(chain.space, { learningrate: 1 }, 1)).toThrow(/learningrate/);
    expect(() => policyGradient(chain.space, { preset: 'papers' }, 1)).toThrow(/preset/);
  });

  it('says that the controller has not moved, until it has', () => {
    const strategy = policyGradient(chain.space, {}, 1);
    expect(strategy.summary().note).toBe(NOT_MOVED);
    search(strategy, chain, 3, 8); // 24 samples at the paper's rate
    const summary = strategy.summary();
    expect(summary.note).toBe(NOT_MOVED);
    expect(summary.kl).toBeGreaterThan(0);
    expect(summary.kl).toBeLessThan(0.02);
    expect(summary.entropy).toBeCloseTo(6 * Math.log(4), 1);
    strategy.dispose();

    const quick = policyGradient(chain.space, { learningRate: 0.1 }, 1);
    search(quick, chain, 3, 8);
    expect(quick.summary().kl).toBeGreaterThan(0.1);
    expect(quick.summary().note).toBeUndefined();
    quick.dispose();
  });

  it('a divergence counts as movement only beyond its own noise', () => {
    expect(hasNotMoved(0.03, 0.001)).toBe(false);
    expect(hasNotMoved(0.03, 0.006)).toBe(true);
    expect(hasNotMoved(0.019, 0)).toBe(true);
  });

  it('asking for a summary changes nothing', () => {
    const [asked, left] = [policyGradient(skips.space, QUICK, 3), policyGradient(skips.space, QUICK, 3)];
    for (let round = 0; round < 4; round++) {
      search(asked, skips, 1, 4, 1 + round * 4);
      search(left, skips, 1, 4, 1 + round * 4);
      asked.summary();
    }
    expect(asked.state()).toEqual(left.state());
    asked.dispose();
    left.dispose();
  });

  it('keeps the number of live tensors constant, and frees all of them', () => {
    const before = liveTensors();
    const strategy = policyGradient(skips.space, QUICK, 3);
    search(strategy, skips, 2, 4);
    strategy.summary();
    const during = liveTensors();
    for (let round = 0; round < 5; round++) {
      search(strategy, skips, 1, 4, 9 + round * 4);
      strategy.summary();
      strategy.restore(strategy.state());
      expect(liveTensors()).toBe(during);
    }
    strategy.dispose();
    expect(liveTensors()).toBe(before);
  });

  it('learns nothing from a reward that says nothing', () => {
    const strategy = policyGradient(chain.space, QUICK, 3);
    const untouched = weightsOf(strategy);
    for (let round = 0; round < 3; round++) {
      const samples = strategy.ask(4, chain.arguments);
      strategy.tell(samples.map((sample, k) => ({ number: round * 4 + k + 1, sample, reward: 0.5 })));
    }
    expect(weightsOf(strategy)).toEqual(untouched);
    strategy.dispose();
  });
});
