import { expect, it } from 'vitest';
import { runOf } from '../../../test/fixtures/comparisons/comparison.ts';
import { runsCsv } from './runs-csv.ts';

it('runs.csv has a line for each run, with what it chose', () => {
  const runs = [
    runOf(
      'evolution, "ours"',
      2,
      [
        ['a', 0.5, 0.6, 3],
        ['b', 0.75, 0.7, 4],
        ['a', 0.5, 0.6, 3],
      ],
      {
        policy: { updates: 3, entropy: 1.5, kl: 0.25, note: null },
      },
    ),
    runOf('random', 1, []),
  ];
  expect(runsCsv(runs).split('\n')).toEqual([
    'strategy,seed,trials,distinct_architectures,repeats,seconds,chosen_trial,chosen_architecture,chosen_tokens,' +
      'reward,search_score,final_validation,final_test,policy_updates,policy_entropy_nats,policy_kl_nats,' +
      'policy_note,strategy_ms',
    '"evolution, ""ours""",2,3,2,1,10,2,b,toy/1 b,0.75,0.75,,0.7,3,1.5,0.25,,3',
    'random,1,0,0,0,0,,,,,,,,0,,,,0',
    '',
  ]);
});
