/**
 * Search problems whose rewards cost nothing: for measuring strategies at the size of small searches.
 * Rewards look like a trained child's: a fixed value for each architecture, plus noise where training has it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { randomStream } from '../../packages/nascent/src/random.ts';
import { convolutional } from '../../packages/nascent/src/search-space/convolutional.ts';
import { choice } from '../../packages/nascent/src/search-space/decision.ts';
import type { Sample, SpaceArguments } from '../../packages/nascent/src/search-space/sample.ts';
import { defineSpace, type SearchSpace } from '../../packages/nascent/src/search-space/space.ts';

export interface RewardProblem {
  readonly name: string;
  readonly space: SearchSpace;
  readonly arguments: SpaceArguments;
  /** What one run is told: with training noise. `seed` and `trial` make it reproducible. */
  reward(sample: Sample, seed: number, trial: number): number;
  /** The value that the search should find, without noise. */
  value(sample: Sample, seed: number): number;
}

const indices = (sample: Sample): number[] =>
  sample.answers.map((answer) => (answer.kind === 'choice' ? answer.index : Number.NaN));

/**
 * The CNN space (§3.3) under an additive reward: each option adds a normal effect, drawn anew for each seed.
 * Noise has half the standard deviation of the values.
 * @param shared one effect for an option in all layers, or one in each layer
 */
function additive(layers: number, shared: boolean): RewardProblem {
  const perLayer = 3;
  const effects = new Map<string, number>();
  const effect = (seed: number, place: number, option: number): number => {
    const key = `${seed} ${place} ${option}`;
    const known = effects.get(key) ?? randomStream('effect', seed, `${shared}`, place, option).normal();
    effects.set(key, known);
    return known;
  };
  const value = (sample: Sample, seed: number): number => {
    let sum = 0;
    for (const [at, option] of indices(sample).entries()) {
      sum += effect(seed, shared ? at % perLayer : at, option);
    }
    return sum / Math.sqrt(layers * perLayer * (shared ? layers : 1));
  };
  return {
    name: `CNN ${layers} layers, ${shared ? 'shared' : 'separate'} effects`,
    space: convolutional({}) as SearchSpace,
    arguments: { layers },
    value,
    reward: (sample, seed, trial) => value(sample, seed) + 0.5 * randomStream('noise', seed, trial).normal(),
  };
}

function readTable(path: string): string[][] | null {
  const file = fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
  if (!existsSync(file)) return null;
  const lines = gunzipSync(new Uint8Array(readFileSync(file)))
    .toString('utf8')
    .trim()
    .split('\n')
    .slice(1);
  return lines.map((line) => line.split(','));
}

const cell = (row: readonly string[], column: number): number => Number(row[column]) / 100;

/** All 6,561 networks, really trained: one training is the reward, cubed (§4.1); the mean of three the value. */
function nasBenchMacro(): RewardProblem | null {
  const table = readTable('nasbench-macro/nasbench_macro_cifar10.csv.gz');
  if (table === null) return null;
  const rows = new Map(table.map((row) => [row[0], row]));
  const rowOf = (sample: Sample) => rows.get(indices(sample).join('')) ?? [];
  const space = defineSpace({
    name: 'macro',
    version: 1,
    decisions: { block: choice(['identity', '3x3', '5x5']) },
    *program(ask, { layers }: { layers: number }) {
      const net: string[] = [];
      for (let i = 0; i < layers; i++) net.push(yield* ask.block());
      return net;
    },
  });
  return {
    name: 'NAS-Bench-Macro',
    space: space as SearchSpace,
    arguments: { layers: 8 },
    reward: (sample, seed, trial) =>
      cell(rowOf(sample), 1 + randomStream('run', seed, trial).integer(3)) ** 3,
    value: (sample) => cell(rowOf(sample), 4),
  };
}

/** 32,768 networks of five channel counts, really trained once: that accuracy, cubed, is the reward. */
function natsBenchSize(): RewardProblem | null {
  const table = readTable('natsbench-size/sss_cifar10.csv.gz');
  if (table === null) return null;
  const rows = new Map(table.map((row) => [row[1], row]));
  const channels = [8, 16, 24, 32, 40, 48, 56, 64];
  const accuracy = (sample: Sample) =>
    cell(
      rows.get(
        indices(sample)
          .map((index) => channels[index])
          .join(':'),
      ) ?? [],
      3,
    );
  const space = defineSpace({
    name: 'size',
    version: 1,
    decisions: { channels: choice(channels) },
    *program(ask, { stages }: { stages: number }) {
      const net: number[] = [];
      for (let i = 0; i < stages; i++) net.push(yield* ask.channels());
      return net;
    },
  });
  return {
    name: 'NATS-Bench size',
    space: space as SearchSpace,
    arguments: { stages: 5 },
    reward: (sample) => accuracy(sample) ** 3,
    value: accuracy,
  };
}

/** The tables are left out where the data folder is absent. */
export function rewardProblems(): RewardProblem[] {
  return [additive(3, true), additive(3, false), additive(6, false), nasBenchMacro(), natsBenchSize()].filter(
    (problem) => problem !== null,
  );
}
