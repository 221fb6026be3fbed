import { describe, expect, it } from 'vitest';
import { curveOf } from '../../test/fixtures/learning-curves.ts';
import { randomStream } from '../random.ts';
import { choice } from '../search-space/decision.ts';
import type { Sample } from '../search-space/sample.ts';
import { defineSpace } from '../search-space/space.ts';
import type { SharedEvaluation } from '../store/comparison-store.ts';
import { randomSearch } from '../strategy/random.ts';
import type { Strategy, StrategyResult } from '../strategy/strategy.ts';
import { ArchitecturesOfSamples } from './architectures-of-samples.ts';
import {
  replicateSeed,
  type SearchInMemoryOptions,
  type SearchPlan,
  searchInMemory,
} from './search-in-memory.ts';

const space = defineSpace({
  name: 'cells',
  version: 1,
  decisions: { cell: choice(['a', 'b', 'c', 'd']) },
  *program(ask) {
    return { cell: yield* ask.cell() };
  },
});
type Cell = { readonly cell: string };

/** The table: accuracy and seconds of each cell. */
const table: Readonly<Record<string, readonly [number, number]>> = {
  a: [0.5, 10],
  b: [0.6, 20],
  c: [0.7, 40],
  d: [0.8, 80],
};

const plan: SearchPlan = {
  arguments: {},
  reward: { kind: 'accuracy', lastEpochs: 1, failed: -1 },
  trials: 100,
  budgetSeconds: null,
};

/** A strategy that proposes these cells in turn, and remembers what it was told. */
function proposing(cells: string): Strategy & { readonly told: readonly StrategyResult[] } {
  const told: StrategyResult[] = [];
  let drawn = 0;
  return {
    name: 'proposing',
    told,
    ask(): readonly Sample[] {
      const index = 'abcd'.indexOf(cells[drawn++ % cells.length] ?? 'a');
      return [
        { space: space.identity, arguments: {}, answers: [{ kind: 'choice', decision: 'cell', index }] },
      ];
    },
    tell: (results) => void told.push(...results),
    state: () => new Uint8Array(),
    restore() {},
    summary: () => ({ samples: drawn, updates: 3, baseline: null, entropy: 1.5, kl: 0.25, note: 'a note' }),
    dispose() {},
  };
}

function evaluated(
  cell: string,
  { split = 'validation', simulated = true }: { split?: 'validation' | 'test'; simulated?: boolean } = {},
): SharedEvaluation {
  const [value, seconds] = table[cell] ?? [0, 0];
  return {
    seconds: 7,
    result: {
      kind: 'evaluated',
      evaluation: {
        outcome: { kind: 'completed' },
        curve: [{ epoch: 1, trainingLoss: 1, score: { split, metric: 'accuracy', value }, elapsedMs: 0 }],
        parameters: 1,
        facts: simulated ? { simulatedSeconds: seconds } : {},
      },
    },
  };
}

function options(cells: string, changes: Partial<SearchInMemoryOptions> = {}) {
  const strategy = proposing(cells);
  return {
    strategy,
    search: {
      plan,
      architectures: new ArchitecturesOfSamples(space),
      label: 'proposing',
      seed: 5,
      strategy,
      evaluate: async (architecture: unknown) => evaluated((architecture as Cell).cell),
      ...changes,
    } satisfies SearchInMemoryOptions,
  };
}

const cellsOf = (tokens: readonly string[]) => tokens.map((text) => /cell=(\w)/.exec(text)?.[1]).join('');

describe('a search in memory › the budget', () => {
  const withBudget = (budgetSeconds: number) => ({ plan: { ...plan, budgetSeconds } });

  it('ends the run with the first trial that would overshoot, which neither counts nor is told', async () => {
    const { search, strategy } = options('abcd', withBudget(149)); // a, b, c take 70; d would make it 150
    const ended = await searchInMemory(search);
    expect(cellsOf(ended?.run.trials.tokens ?? [])).toBe('abc');
    expect(ended?.run.trials.seconds).toEqual([10, 20, 40]);
    expect(strategy.told.map(({ number, reward }) => [number, reward])).toEqual([
      [1, 0.5],
      [2, 0.6],
      [3, 0.7],
    ]);
  });

  it('may be spent to the last second', async () => {
    const ended = await searchInMemory(options('abcd', withBudget(150)).search);
    expect(cellsOf(ended?.run.trials.tokens ?? [])).toBe('abcd');
  });

  it('a cheaper trial after the one that overshoots is not reached', async () => {
    const ended = await searchInMemory(options('cda', withBudget(60)).search);
    expect(cellsOf(ended?.run.trials.tokens ?? [])).toBe('c');
  });

  it('repeats are charged again, and marked', async () => {
    const ended = await searchInMemory(options('aab', withBudget(45)).search);
    expect(cellsOf(ended?.run.trials.tokens ?? [])).toBe('aab');
    expect(ended?.run.trials.seconds).toEqual([10, 10, 20]);
    expect(ended?.run.trials.repeat).toEqual([false, true, false]);
    expect(new Set(ended?.run.trials.architecture).size).toBe(2);
  });

  it('without simulated seconds what was measured is charged', async () => {
    const evaluate = async (architecture: unknown) =>
      evaluated((architecture as Cell).cell, { simulated: false });
    const ended = await searchInMemory(options('abcd', { ...withBudget(20), evaluate }).search);
    expect(ended?.run.trials.seconds).toEqual([7, 7]);
    expect(ended?.clock).toBe('measured');
  });

  it('the number of trials is a limit too', async () => {
    const { search, strategy } = options('a', { plan: { ...plan, trials: 3, budgetSeconds: 1000 } });
    const ended = await searchInMemory(search);
    expect(ended?.run.trials.tokens).toHaveLength(3);
    expect(ended?.clock).toBe('simulated');
    expect(strategy.told).toHaveLength(3);
  });
});

describe('a search in memory › warm start', () => {
  it('runs the given samples first, for every strategy; they count, are charged and told', async () => {
    const warmStart = options('db').strategy.ask(1, {}).concat(options('b').strategy.ask(1, {}));
    const strategy = randomSearch(space, {}, 5);
    const { search } = options('a', {
      plan: { ...plan, warmStart, trials: 4, budgetSeconds: 1000 },
      strategy,
    });
    const ended = await searchInMemory(search);
    expect(cellsOf(ended?.run.trials.tokens ?? [])).toMatch(/^db[abcd]{2}$/);
    expect(ended?.run.trials.seconds.slice(0, 2)).toEqual([80, 20]);
    expect(strategy.summary().samples).toBe(4);
  });

  it('a strategy that takes none is refused', async () => {
    const warmStart = options('d').strategy.ask(1, {});
    await expect(searchInMemory(options('a', { plan: { ...plan, warmStart } }).search)).rejects.toThrow(
      /adopt/,
    );
  });
});

describe('a search in memory › hopeless children', () => {
  /** Accuracies after each epoch; cell b is hopeless from the first. */
  const curves: Readonly<Record<string, readonly number[]>> = {
    a: [0.3, 0.5, 0.7, 0.8],
    b: [0.1, 0.2, 0.25, 0.95],
    c: [0.4, 0.6, 0.7, 0.9],
    d: [0.35, 0.4, 0.45, 0.5],
  };
  const whole = (cell: string, simulated: boolean): SharedEvaluation => ({
    seconds: 40,
    result: {
      kind: 'evaluated',
      evaluation: {
        outcome: { kind: 'completed' },
        curve: curveOf(curves[cell] ?? []),
        parameters: 1,
        facts: simulated ? { simulatedSeconds: 100 } : {},
      },
    },
  });
  const search = async (cells: string, simulated: boolean) => {
    const made = options(cells, {
      plan: { ...plan, trials: cells.length, stopping: { rule: 'median', after: 1, warmUpTrials: 1 } },
      evaluate: async (architecture: unknown) => whole((architecture as Cell).cell, simulated),
    });
    return { ended: await searchInMemory(made.search), told: made.strategy.told };
  };

  it('end where the rule stops them, are charged what they trained, and have no score', async () => {
    // a completes. b: 0.1 < 0.3 at epoch 1. c completes. d: 0.35 is the median at 1; 0.4 < (0.4 + 0.5) / 2 at 2.
    const { ended, told } = await search('abcd', false);
    expect(ended?.run.trials.seconds).toEqual([40, 10, 40, 20]);
    expect(ended?.run.trials.reward).toEqual([0.8, 0.1, 0.9, 0.4]);
    expect(ended?.run.trials.score).toEqual([0.8, null, 0.9, null]);
    expect(told.map(({ reward }) => reward)).toEqual([0.8, 0.1, 0.9, 0.4]);
    expect((await search('abcd', true)).ended?.run.trials.seconds).toEqual([100, 25, 100, 50]);
  });

  it('a whole evaluation is kept for later: a repeat is judged anew', async () => {
    // As the first it is trained to the end; after c it would be stopped: 0.35 < (0.35 + 0.4) / 2 at epoch 1.
    const { ended } = await search('dcd', false);
    expect(ended?.run.trials.seconds).toEqual([40, 40, 10]);
    expect(ended?.run.trials.repeat).toEqual([false, false, true]);
  });
});

describe('a search in memory › what the strategy sees', () => {
  it('never a test score: the reward refuses it', async () => {
    const evaluate = async (architecture: unknown) =>
      evaluated((architecture as Cell).cell, { split: 'test' });
    const { search, strategy } = options('abcd', { evaluate });
    await expect(searchInMemory(search)).rejects.toThrow(/split "test" was offered as a reward/);
    expect(strategy.told).toEqual([]);
  });

  it('fully trained scores are opened after its last tell, once for each architecture that counts', async () => {
    const opened: [string, number][] = [];
    const { search, strategy } = options('abad', {
      plan: { ...plan, budgetSeconds: 60 },
      finals: (architecture: unknown) => {
        const { cell } = architecture as Cell;
        opened.push([cell, strategy.told.length]);
        return {
          validation: null,
          test: { split: 'test', metric: 'accuracy', value: (table[cell]?.[0] ?? 0) / 2 },
        };
      },
    });
    const ended = await searchInMemory(search);
    expect(opened).toEqual([
      ['a', 3],
      ['b', 3],
    ]);
    expect(ended?.run.trials.finalTest).toEqual([0.25, 0.3, 0.25]);
    expect(ended?.run.trials.finalValidation).toEqual([null, null, null]);
    expect(ended?.finals).toEqual({ validation: null, test: 'test' });
  });

  it('a child that failed earns the reward of failed children, and has no score', async () => {
    const evaluate = async (architecture: unknown): Promise<SharedEvaluation> =>
      (architecture as Cell).cell === 'b'
        ? { seconds: 3, result: { kind: 'failed', outcome: 'crashed', detail: 'SIGSEGV' } }
        : evaluated((architecture as Cell).cell);
    const ended = await searchInMemory(options('ab', { plan: { ...plan, trials: 2 }, evaluate }).search);
    expect(ended?.run.trials.reward).toEqual([0.5, -1]);
    expect(ended?.run.trials.score).toEqual([0.5, null]);
    expect(ended?.run.trials.seconds).toEqual([10, 3]);
  });
});

describe('a search in memory › the run', () => {
  it('carries label, seed and what the strategy says of itself', async () => {
    const ended = await searchInMemory(options('ab', { plan: { ...plan, trials: 4 } }).search);
    expect(ended?.run).toMatchObject({
      strategy: 'proposing',
      seed: 5,
      policy: { updates: 3, entropy: 1.5, kl: 0.25, note: 'a note' },
    });
    expect(ended?.finals).toBeNull();
  });

  it('trains an architecture with a seed that does not depend on the strategy', async () => {
    const seeds = async (strategy: Strategy, seed: number) => {
      const used = new Map<string, number>();
      const { search } = options('a', { plan: { ...plan, trials: 40 }, seed });
      await searchInMemory({
        ...search,
        strategy,
        evaluate: async (architecture, key, childSeed) => {
          expect(used.has(key), 'each distinct architecture is asked for once').toBe(false);
          used.set(key, childSeed);
          return evaluated((architecture as Cell).cell);
        },
      });
      return used;
    };
    const one = await seeds(randomSearch(space, {}, 5), 5);
    const other = await seeds(proposing('dcba'), 5);
    expect(new Map([...one].sort())).toEqual(new Map([...other].sort()));
    for (const [key, seed] of one) expect(seed).toBe(replicateSeed(5, key));
    expect([...(await seeds(proposing('dcba'), 6)).values()]).not.toEqual([...other.values()]);
  });

  it('that is interrupted is none', async () => {
    let left = 3;
    const evaluate = async (architecture: unknown) =>
      left-- === 0 ? null : evaluated((architecture as Cell).cell);
    expect(await searchInMemory(options('abcd', { evaluate }).search)).toBeNull();
  });

  it('is the same as random search told by hand', async () => {
    const run = await searchInMemory({
      ...options('a', { plan: { ...plan, trials: 20 } }).search,
      strategy: randomSearch(space, {}, 9),
      seed: 9,
    });
    const expected = Array.from({ length: 20 }, (_, k) => 'abcd'[randomStream(9, 'sample', k).integer(4)]);
    expect(cellsOf(run?.run.trials.tokens ?? [])).toBe(expected.join(''));
  });
});
