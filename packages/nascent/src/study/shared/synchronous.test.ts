import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runToyShared } from '../../../test/fixtures/toy-shared-study.ts';
import {
  rememberingStrategy,
  toyConfig,
  toyPool,
  toyProcess,
  toySpace,
} from '../../../test/fixtures/toy-study.ts';
import { postgresForTests } from '../../../test/postgres-server.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { policyGradient } from '../../strategy/policy-gradient.ts';
import type { Strategy } from '../../strategy/strategy.ts';
import type { StudyConfig } from '../config.ts';
import { runStudy } from '../run-study.ts';

/*
 * A shared study with one replica and one worker is a synchronous search: what is drawn, trained and learned must be what
 * one process does that keeps everything to itself.
 */

const postgres = await postgresForTests();

let directory: string;
const stores: Store[] = [];
const open = async (location: string) => {
  const store = await openStore(location, { access: 'create' });
  stores.push(store);
  return store;
};
/** Where the shared study of a test lies, by database. */
const places = new Map<string, () => Promise<string>>([
  ['SQLite', async () => join(directory, 'shared.db')],
  ...(postgres === null
    ? []
    : [['PostgreSQL', async () => postgres.url(await postgres.createDatabase())] as const]),
]);
const place = async (database: string) => (await places.get(database)?.()) ?? '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-shared-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(directory, { recursive: true });
});

const paper = { preset: 'paper', learningRate: 0.02, batchSize: 4, hiddenSize: 6, layers: 1 } as const;

/** The same search by one process that keeps everything to itself. */
async function searched(config: StudyConfig, strategy: Strategy, epochs = 2) {
  return runStudy({
    store: await open(join(directory, 'alone.db')),
    config,
    space: toySpace,
    strategy,
    pool: toyPool({ epochs }),
    evaluatorIdentity: 'toy',
    codeVersion: '0.0.0',
    process: toyProcess(1),
  });
}

const essence = (trials: Awaited<ReturnType<Store['trials']>>) =>
  trials.map(({ number, tokens, reward, score, seed, state }) => ({
    number,
    tokens,
    reward,
    score,
    seed,
    state,
  }));

describe.each([...places.keys()])('a synchronous shared study in %s', (database) => {
  it('of a strategy whose state is one equals a search by one process, to the byte', async () => {
    const config = toyConfig({ trials: 20 });
    const alone = rememberingStrategy(config.seed);
    const whole = await searched(config, alone);
    const together = rememberingStrategy(config.seed);
    const shared = await runToyShared(await open(await place(database)), config, together);
    expect(essence(shared.trials)).toEqual(essence(whole.trials));
    expect(together.state()).toEqual(alone.state());
  });

  it.each([
    { rule: 'median', after: 2, warmUpTrials: 2 },
    { rule: 'asha', firstRung: 1, factor: 2 },
  ] as const)('stops the same hopeless children early: $rule', async (stopping) => {
    const config = toyConfig({ trials: 12, stopping });
    const whole = await searched(config, rememberingStrategy(config.seed), 4);
    const together = rememberingStrategy(config.seed);
    const shared = await runToyShared(await open(await place(database)), config, together, { epochs: 4 });
    expect(essence(shared.trials)).toEqual(essence(whole.trials));
    expect(new Set(shared.trials.map(({ state }) => state))).toEqual(new Set(['completed', 'stopped']));
  });

  it.each([1, 2, 20])('with %i shards equals a search by one process, bit for bit', async (shards) => {
    const config = toyConfig({
      trials: 28,
      strategy: { use: 'policy-gradient', options: paper },
      parallel: { shards },
    });
    const alone = policyGradient(toySpace, paper, config.seed);
    const together = policyGradient(toySpace, paper, config.seed);
    try {
      const whole = await searched(config, alone);
      const shared = await runToyShared(await open(await place(database)), config, together);
      expect(essence(shared.trials)).toEqual(essence(whole.trials));
      expect(shared.complete).toBe(true);
      expect(shared.strategy).toEqual(whole.strategy);
      expect(together.controller.parameters.toNumbers()).toEqual(alone.controller.parameters.toNumbers());
      expect(shared.strategy.updates).toBe(7);
    } finally {
      alone.dispose();
      together.dispose();
    }
  });
});
