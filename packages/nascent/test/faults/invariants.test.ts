import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { readFacts } from './facts.ts';
import { type InvariantName, invariants, violationsOf } from './invariants.ts';
import { recoveryFrom } from './recovery.ts';
import { StudyUnderFaults } from './study-under-faults.ts';
import { SupervisedProcess } from './supervised-process.ts';

/*
 * A check that cannot fail proves nothing. Here a study that ended well is damaged in every way that the invariants are to
 * find: openly, so that the audit sees it, or silently, behind the audit's back.
 */

const trials = 24;
let study: StudyUnderFaults | null = null;

beforeAll(async () => {
  study = await StudyUnderFaults.begin(
    { trials, controllers: 1, replicas: 2, workers: 1, slots: 4, slower: 0.2 },
    randomStream(1),
  );
  await study?.done(120_000);
}, 180_000);
afterAll(() => study?.dispose());

/** @returns the invariants that complain when the statements were run; they are rolled back */
async function complaintsAbout(damaged: StudyUnderFaults, statements: readonly string[], silently: boolean) {
  const client = new pg.Client({ connectionString: damaged.ground.server.url(damaged.ground.database) });
  await client.connect();
  try {
    await client.query('begin');
    if (silently) await client.query('set local session_replication_role = replica'); // no triggers
    for (const statement of statements) await client.query(statement);
    const facts = await readFacts(async (statement) => (await client.query(statement)).rows);
    const violations = violationsOf(facts, { ...damaged.expectations, complete: true });
    return new Set(violations.map(({ invariant }) => invariant));
  } finally {
    await client.end(); // rolls back
  }
}

interface Damage {
  readonly what: string;
  readonly statements: readonly string[];
  readonly silently: boolean;
  readonly found: readonly InvariantName[];
}

const trial = (number: number, change: string) =>
  `update nascent.trials set ${change} where number = ${number}`;

const damages: readonly Damage[] = [
  {
    what: 'a trial is gone',
    statements: ['delete from nascent.epochs where trial = 7', 'delete from nascent.trials where number = 7'],
    silently: true,
    found: ['numbered', 'resultsStay', 'gradientsAddUp', 'pushesAreWhole'],
  },
  {
    what: 'there is a trial too many',
    statements: [
      `create temporary table one on commit drop as select * from nascent.trials where number = ${trials}`,
      `update one set number = ${trials + 1}`,
      'insert into nascent.trials select * from one',
    ],
    silently: false,
    found: ['numbered', 'gradientsAddUp'],
  },
  {
    what: 'a trial is in no state',
    statements: [trial(3, "state = 'lost'")],
    silently: true,
    found: ['endedOrRunnable'],
  },
  {
    what: 'a trial runs that has a result',
    statements: [trial(3, "state = 'running'")],
    silently: true,
    found: ['endedOrRunnable', 'resultsStay'],
  },
  {
    what: 'a result was never learned from',
    statements: [trial(3, 'consumed = null')],
    silently: true,
    found: ['endedOrRunnable', 'resultsStay', 'gradientsAddUp', 'pushesAreWhole'],
  },
  {
    what: 'a result changes',
    statements: [trial(5, 'reward = 0.99')],
    silently: false,
    found: ['resultsStay', 'rewardsAreTheScores'],
  },
  {
    what: 'a result is another one',
    statements: [trial(5, 'reward = 0.99')],
    silently: true,
    found: ['resultsStay', 'rewardsAreTheScores'],
  },
  {
    what: 'a result is stored, lost, and stored again',
    statements: [
      'create temporary table one on commit drop as select * from nascent.trials where number = 5',
      trial(5, "state = 'queued', outcome = null, reward = null"),
      'update nascent.trials set state = one.state, outcome = one.outcome, reward = one.reward from one where trials.number = 5',
    ],
    silently: false,
    found: ['resultsStay'],
  },
  {
    what: 'a score is not the architecture’s',
    statements: [trial(5, 'reward = 0.5, score_value = 0.5')],
    silently: true,
    found: ['rewardsAreTheScores'],
  },
  {
    what: 'tokens are of another architecture',
    statements: [
      `update nascent.trials set tokens = (
         select tokens from nascent.trials as other where other.architecture <> trials.architecture limit 1
       ) where number = 5`,
    ],
    silently: true,
    found: ['rewardsAreTheScores'],
  },
  {
    what: 'an attempt is left out',
    statements: [trial(4, 'attempt = attempt + 1')],
    silently: false,
    found: ['attemptsGrowByOne', 'resultsStay'],
  },
  {
    what: 'a trial is learned from twice',
    statements: [trial(6, 'consumed = consumed + 1')],
    silently: false,
    found: ['consumedOnce', 'gradientsAddUp', 'pushesAreWhole'],
  },
  {
    what: 'a gradient is gone',
    statements: ['delete from nascent.gradients where replica = 1 and sequence = 1'],
    silently: true,
    found: ['gradientsAddUp', 'shardsAreComplete'],
  },
  {
    what: 'a gradient changes',
    statements: ['update nascent.gradients set trials = trials + 1 where replica = 1 and sequence = 1'],
    silently: false,
    found: ['gradientsAddUp'],
  },
  {
    what: 'a replica’s place runs ahead',
    statements: ['update nascent.replicas set sequence = sequence + 1 where replica = 1'],
    silently: false,
    found: ['gradientsAddUp', 'pushesAreWhole'],
  },
  {
    what: 'a shard has an update too many',
    statements: ['update nascent.shards set version = version + 1 where shard = 2'],
    silently: true,
    found: ['shardsAreComplete'],
  },
  {
    what: 'an update of all shards belongs to no gradient',
    statements: ['update nascent.shards set version = version + 1'],
    silently: false,
    found: ['shardsAreComplete', 'pushesAreWhole'],
  },
  {
    what: 'one bit of a shard is another',
    statements: [
      'update nascent.shards set parameters = set_bit(parameters, 9, 1 - get_bit(parameters, 9)) where shard = 0',
    ],
    silently: true,
    found: ['pushesAreWhole'],
  },
  {
    what: 'the last bit of the baseline is another',
    statements: ['update nascent.shared_studies set baseline = baseline * (1 + 2.3e-16)'],
    silently: true,
    found: ['baselineIsTheRewards'],
  },
  {
    what: 'an epoch is missing',
    statements: ['delete from nascent.epochs where trial = 5 and epoch = 1'],
    silently: true,
    found: ['epochsAreThere'],
  },
];

describe('the invariants of a study under faults', { timeout: 60_000 }, () => {
  it('hold of a study that ended well', async ({ skip }) => {
    if (study === null) return skip();
    expect(await study.check(true)).toEqual([]);
  });

  it.for(damages)(
    '$what (silently: $silently): it is found',
    async ({ statements, silently, found }, { skip }) => {
      if (study === null) return skip();
      expect([...(await complaintsAbout(study, statements, silently))]).toEqual(
        expect.arrayContaining([...found]),
      );
    },
  );

  it('are each among those that have been seen to complain', () => {
    const seen = new Set(damages.flatMap(({ found }) => found));
    expect([...seen].sort()).toEqual(Object.keys(invariants).sort());
  });

  it('include what the harness remembers itself: nothing committed is forgotten, nothing acknowledged is undone', async ({
    skip,
  }) => {
    if (study === null) return skip();
    await study.query('delete from audit.changes where id = (select min(id) from audit.changes)');
    await study.query(
      'set session_replication_role = replica; update nascent.trials set attempt = 7 where number = 9',
    );
    const complaints = (await study.check(true)).map(({ invariant }) => invariant);
    expect(complaints).toEqual(expect.arrayContaining(['nothingForgotten', 'acknowledgedStays']));
  });

  it('include that a process that was up does not end by itself, and it is started again', async () => {
    const script = `console.log('{"event":"up"}'); setTimeout(() => process.exit(3), 100)`;
    const command = { program: process.execPath, words: ['-e', script], env: () => ({}) };
    const one = new SupervisedProcess('one', command, 'up', []);
    await expect.poll(() => one.starts, { timeout: 20_000 }).toBeGreaterThan(1);
    await one.stop();
    expect(one.failures[0]).toMatchObject({ name: 'one', code: 3 });
  });

  it('include that what was hit goes on in time', async ({ skip }) => {
    if (study === null) return skip();
    const hit = {
      trials: [{ number: trials + 1, attempt: 1 }],
      fromMs: Date.now(),
      recovered: 'run',
    } as const;
    expect(await recoveryFrom(hit, study.query, 0.01)).toEqual({ milliseconds: null, stuck: [trials + 1] });
  });
});
