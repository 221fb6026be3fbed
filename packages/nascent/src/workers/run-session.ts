import { type Evaluator, factsOf } from '../evaluation/evaluator.ts';
import { assertEvaluatorSuits } from '../reinforce/reward.ts';
import type { SearchSpace } from '../search-space/space.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { ArchitecturesOfSamples } from '../study/architectures-of-samples.ts';
import { parseConfig } from '../study/config.ts';
import { loadSpace } from '../study/modules.ts';
import { type SearchPlan, searchInMemory } from '../study/search-in-memory.ts';
import { searchPlan } from '../study/search-plan.ts';
import { strategyMakers } from '../study/strategy-makers.ts';
import { InlineEvaluations } from './evaluate-inline.ts';
import { loadEvaluator } from './evaluator-module.ts';
import type { RunOrder, RunWord } from './run-messages.ts';
import { codeOf, describeThrown } from './thrown-words.ts';

type Open = Extract<RunOrder, { kind: 'open' }>;

/** What is loaded once, for all the runs of this process. */
interface Loaded {
  readonly plan: SearchPlan;
  readonly space: SearchSpace;
  readonly architectures: ArchitecturesOfSamples;
  readonly evaluator: Evaluator;
  readonly evaluations: InlineEvaluations;
  readonly strategies: ReadonlyMap<string, (seed: number) => Strategy>;
}

/** The run worker's half of the conversation: space, table and engine loaded once, one run at a time. */
export class RunSession {
  readonly #say: (word: RunWord) => void;
  #loaded: Loaded | null = null;

  constructor(say: (word: RunWord) => void) {
    this.#say = say;
  }

  /** Does what the comparison says. Never rejects because of strategies or evaluator. */
  async obey(order: RunOrder): Promise<void> {
    switch (order.kind) {
      case 'open':
        try {
          const loaded = await load(order);
          this.#loaded = loaded;
          const { evaluator } = loaded;
          this.#say({ kind: 'opened', facts: factsOf(evaluator), finals: evaluator.finals !== undefined });
        } catch (thrown) {
          this.#say({ kind: 'refused', ...wordsFor(thrown, 'RUN_NOT_LOADED') });
        }
        return;
      case 'run':
        try {
          this.#say(await this.#run(order.strategy, order.seed));
        } catch (thrown) {
          this.#say({ kind: 'threw', ...wordsFor(thrown, 'RUN_FAILED') });
        }
    }
  }

  async #run(label: string, seed: number): Promise<RunWord> {
    const loaded = this.#loaded;
    const make = loaded?.strategies.get(label);
    if (loaded === null || make === undefined) throw new Error(`no strategy ${label} was loaded for a run`);
    const { plan, architectures, evaluator, evaluations } = loaded;
    const strategy = make(seed);
    try {
      const ended = await searchInMemory({
        plan,
        architectures,
        label,
        seed,
        strategy,
        evaluate: (architecture, _, childSeed) => evaluations.evaluate(architecture, childSeed),
        finals: evaluator.finals?.bind(evaluator),
      });
      if (ended === null) throw new Error('a look-up was interrupted, which cannot be');
      return { kind: 'finished', ...ended };
    } finally {
      strategy.dispose();
    }
  }
}

async function load({ config, configDirectory, threads, ...modules }: Open): Promise<Loaded> {
  const parsed = parseConfig(config, 'the config of the comparison');
  const space = await loadSpace(modules.space, parsed.space.options);
  const options = parsed.evaluator.options;
  const evaluator = await loadEvaluator(
    { module: modules.evaluator, ...(options === undefined ? {} : { options }) },
    { threads, configDirectory },
  );
  assertEvaluatorSuits(factsOf(evaluator), parsed.reward);
  const strategies = await strategyMakers(space, modules.strategies, parsed.warmStart);
  return {
    plan: searchPlan(parsed, space),
    space,
    architectures: new ArchitecturesOfSamples(space),
    evaluator,
    evaluations: new InlineEvaluations(evaluator, parsed.limits.attempts),
    strategies,
  };
}

function wordsFor(thrown: unknown, otherwise: string): { code: string; message: string } {
  return { code: codeOf(thrown, otherwise), message: describeThrown(thrown) };
}
