import { describe, expect, it } from 'vitest';
import { chain } from '../../test/known-rewards.ts';
import { choice } from '../search-space/decision.ts';
import { enumerate } from '../search-space/enumerate.ts';
import { defineSpace } from '../search-space/space.ts';
import { GridExhaustedError, gridSearch } from './grid.ts';
import { StrategyOptionsError, StrategyStateError } from './strategy.ts';

const space = defineSpace({
  name: 'two',
  version: 1,
  decisions: { rate: choice([0.1, 0.2, 0.3]), decay: choice(['early', 'late']) },
  *program(ask) {
    return { rate: yield* ask.rate(), decay: yield* ask.decay() };
  },
});

describe('grid search', () => {
  it('asks every sample once; the last question turns fastest', () => {
    const grid = gridSearch(space, {}, 1);
    const asked = [...grid.ask(2, {}), ...grid.ask(1, {}), ...grid.ask(3, {})].map((sample) =>
      space.decode(sample),
    );
    expect(asked).toEqual(
      [0.1, 0.2, 0.3].flatMap((rate) => ['early', 'late'].map((decay) => ({ rate, decay }))),
    );
  });

  it('says when there is nothing left, how many there were, and asks none of what was wanted', () => {
    const grid = gridSearch(space, {}, 1);
    grid.ask(5, {});
    expect(() => grid.ask(2, {})).toThrow(GridExhaustedError);
    expect(() => grid.ask(2, {})).toThrow(/there are 6.*set trials to 6/s);
    expect(space.decode(grid.ask(1, {})[0] as never)).toEqual({ rate: 0.3, decay: 'late' });
  });

  it('restored, goes on with the next one', () => {
    const all = [...enumerate(chain.space, chain.arguments)];
    for (const before of [0, 1, 7]) {
      const stopped = gridSearch(chain.space, {}, 3);
      stopped.ask(before, chain.arguments);
      const resumed = gridSearch(chain.space, {}, 3);
      resumed.ask(11, chain.arguments);
      resumed.restore(stopped.state());
      expect(resumed.ask(2, chain.arguments)).toEqual(all.slice(before, before + 2));
      expect(resumed.summary().samples).toBe(before + 2);
    }
  });

  it('refuses options, and the state of another seed', () => {
    expect(() => gridSearch(space, { order: 'random' }, 1)).toThrow(StrategyOptionsError);
    expect(() => gridSearch(space, {}, 2).restore(gridSearch(space, {}, 1).state())).toThrow(
      StrategyStateError,
    );
  });
});
