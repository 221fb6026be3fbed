import { describe, expect, it } from 'vitest';
import { PRESETS } from '../strategy/presets.ts';
import {
  chosenStrategies,
  comparedStrategies,
  describeStrategy,
  strategyIdentity,
} from './compared-strategies.ts';

const builtIn = (use: string) => ({ origin: 'built-in', use }) as const;

describe('the strategies of a comparison', () => {
  it('a name is a built-in strategy with its defaults', async () => {
    expect(await comparedStrategies(['random'])).toEqual([{ label: 'random', use: 'random' }]);
  });

  it.each(Object.keys(PRESETS))('`%s` is the policy gradient with that preset', async (preset) => {
    expect(await comparedStrategies([preset])).toEqual([
      { label: preset, use: 'policy-gradient', options: { preset } },
    ]);
  });

  it('others have a label, a module and options of their own', async () => {
    const mine = { label: 'mine', use: './mine.ts', options: { patience: 3 } };
    expect(await comparedStrategies(['random', mine])).toEqual([{ label: 'random', use: 'random' }, mine]);
  });

  it('a misspelt name is refused with the nearest one that is known', async () => {
    await expect(comparedStrategies(['randon'])).rejects.toThrow(/"randon".* Did you mean "random"\?/);
    await expect(comparedStrategies(['simulated-annealing'])).rejects.toThrow(/Known: paper, .*random/);
  });

  it('two with one label are refused', async () => {
    await expect(comparedStrategies(['random', { label: 'random', use: './mine.ts' }])).rejects.toThrow(
      /two strategies .* are called "random"/,
    );
  });

  it('the command line chooses them by the labels of the config, or by name', () => {
    const mine = { label: 'mine', use: './mine.ts' };
    expect(chosenStrategies(['mine', 'tpe'], ['paper', mine])).toEqual([mine, 'tpe']);
  });

  it('are described for people', () => {
    expect(describeStrategy({ label: 'random', use: 'random' })).toBe('random');
    expect(describeStrategy({ label: 'p', use: 'policy-gradient', options: { preset: 'paper' } })).toBe(
      'policy-gradient, preset paper',
    );
    expect(describeStrategy({ label: 'm', use: './mine.ts', options: { sizes: [1, 2] } })).toBe(
      './mine.ts, sizes [1,2]',
    );
  });
});

describe('the identity of a compared strategy', () => {
  it('has every setting of a preset in it, so that a preset that was changed is another strategy', () => {
    const identity = strategyIdentity(builtIn('policy-gradient'), { preset: 'paper' });
    expect(JSON.parse(identity)).toEqual({ use: 'policy-gradient', options: PRESETS.paper });
    expect(strategyIdentity(builtIn('policy-gradient'), {})).toBe(identity);
    expect(strategyIdentity(builtIn('policy-gradient'), { learningRate: 0.1 })).not.toBe(identity);
  });

  it('is the content of a module, not its place', () => {
    const at = (path: string, contentHash: string) =>
      strategyIdentity({ origin: 'file', use: path, path, contentHash }, { patience: 3 });
    expect(at('/one/mine.ts', 'abc')).toBe(at('/other/mine.ts', 'abc'));
    expect(at('/one/mine.ts', 'abc')).not.toBe(at('/one/mine.ts', 'abd'));
  });
});
