/**
 * Small search spaces whose every reward is known, for showing that a strategy learns.
 * In each of them the uniform policy earns at most half of the optimum, which is 1.
 */
import { anchor, choice } from '../src/search-space/decision.ts';
import type { Sample, SpaceArguments } from '../src/search-space/sample.ts';
import { defineSpace, type SearchSpace } from '../src/search-space/space.ts';

export interface KnownRewards {
  readonly name: string;
  readonly space: SearchSpace;
  readonly arguments: SpaceArguments;
  rewardOf(sample: Sample): number;
}

function known<Architecture, Args extends SpaceArguments>(
  space: SearchSpace<Architecture, Args>,
  args: Args,
  rewardOf: (architecture: Architecture) => number,
): KnownRewards {
  return {
    name: space.identity.name,
    space,
    arguments: args,
    rewardOf: (sample) => rewardOf(space.decode(sample)),
  };
}

/** Worth of the options of one decision, best first; `turn` says which option is the best. */
const worth = (option: number, turn: number): number => [1, 0.2, 0, 0][(option + turn) % 4] ?? 0;
const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A two-layer chain of convolutions: 6 choices of 4 options, 4,096 samples, an additive reward. */
export const chain = known(
  defineSpace({
    name: 'chain',
    version: 1,
    decisions: { height: choice([0, 1, 2, 3]), width: choice([0, 1, 2, 3]), filters: choice([0, 1, 2, 3]) },
    *program(ask, { layers }: { layers: number }) {
      const net: number[] = [];
      for (let i = 0; i < layers; i++)
        net.push(yield* ask.height(), yield* ask.width(), yield* ask.filters());
      return net;
    },
  }),
  { layers: 2 },
  (net) => average(net.map((option, at) => worth(option, at))),
);

/**
 * Conditional and of variable length: each layer is a convolution (which asks its filter and, where the filter
 * is large, a narrowed stride), a pooling (which asks nothing more) or the end. 781 samples.
 */
const conditionalLayers = (name: string) =>
  defineSpace({
    name,
    version: 1,
    decisions: {
      kind: choice(['convolution', 'pooling', 'end']),
      filter: choice([1, 3, 5]),
      stride: choice([1, 2, 3]),
    },
    *program(ask, { layers }: { layers: number }) {
      const net: string[] = [];
      for (let i = 0; i < layers; i++) {
        const kind = yield* ask.kind();
        if (kind === 'end') break;
        if (kind === 'pooling') {
          net.push('pooling');
          continue;
        }
        const filter = yield* ask.filter();
        net.push(filter === 5 ? `5/${yield* ask.stride({ only: [1, 2] })}` : `${filter}`);
      }
      return net;
    },
  });

/** Best is four large convolutions with stride 2: the longest sample, 12 answers. */
export const conditional = known(conditionalLayers('conditional'), { layers: 4 }, (net) =>
  net.reduce((sum, layer) => sum + ({ '5/2': 0.25, '5/1': 0.1, pooling: 0.05 }[layer] ?? 0), 0),
);

const layersWithSkips = (name: string, filters: readonly number[]) =>
  defineSpace({
    name,
    version: 1,
    decisions: { filter: choice(filters), skip: anchor() },
    *program(ask, { layers }: { layers: number }) {
      const net: { filter: number; inputs: readonly number[] }[] = [];
      for (let i = 0; i < layers; i++) net.push({ filter: yield* ask.filter(), inputs: yield* ask.skip(i) });
      return net;
    },
  });

/**
 * Four layers, each with a choice of 2 and the anchors of §3.3: 2^4 · 2^6 = 1,024 samples. Best is a large filter
 * in every layer and every skip connection, the densest network; the cube makes single answers count little.
 */
export const skips = known(layersWithSkips('skips', [3, 5]), { layers: 4 }, (net) => {
  const agreeing = net.flatMap(({ filter, inputs }, i) => [
    filter === 5,
    ...Array.from({ length: i }, (_, j) => inputs.includes(j)),
  ]);
  return average(agreeing.map((agrees) => (agrees ? 1 : 0))) ** 3;
});

/**
 * Spaces on which the paper's settings are known to get stuck in a local optimum, for some or all seeds. They are
 * reported beside the others, not required.
 *
 * `exact-sequence`: the conditional program, but only large convolution, pooling, small convolution, end is right;
 * a policy that has become sure of a wrong place to end no longer finds the right one.
 * `previous-only`: each of three layers shall read the layer just before it and no other, so that the controller
 * must tell earlier layers apart before its draws have become certain. 4^3 · 2^3 = 512 samples.
 */
export const HARD_ONES: readonly KnownRewards[] = [
  known(conditionalLayers('exact-sequence'), { layers: 4 }, (net) => {
    const wanted = ['5/2', 'pooling', '1'];
    const agreeing = wanted.filter((layer, at) => net[at] === layer).length;
    return (agreeing + (net.length === wanted.length ? 1 : 0)) / (wanted.length + 1);
  }),
  known(layersWithSkips('previous-only', [1, 3, 5, 7]), { layers: 3 }, (net) => {
    const agreeing = net.flatMap(({ filter, inputs }, i) => [
      filter === 7,
      ...Array.from({ length: i }, (_, j) => inputs.includes(j) === (j === i - 1)),
    ]);
    return average(agreeing.map((agrees) => (agrees ? 1 : 0)));
  }),
];

export const KNOWN_REWARDS: readonly KnownRewards[] = [chain, conditional, skips];
