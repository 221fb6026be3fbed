import type { SearchSpace } from '../../src/search-space/space.ts';
import { decodeTokens } from '../../src/search-space/tokens.ts';
import type { Change, StudyFacts, TrialFact } from './facts.ts';
import { fakeAccuracy } from './fake-child.mjs';

/*
 * What must hold of a shared study whatever has died (docs/decisions/0077-shared-studies.md): computed here from its rows
 * and the audit alone, by nothing of the code that is under test but the reading of token strings.
 */

export interface Expectations {
  /** N of the config. */
  readonly trials: number;
  readonly shards: number;
  /** Of the moving average of rewards. */
  readonly baselineDecay: number;
  readonly space: SearchSpace;
  /** Whether the study is said to be done. */
  readonly complete: boolean;
}

export type InvariantName = keyof typeof invariants;

export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

type Check = (facts: StudyFacts, expected: Expectations) => readonly string[];

/** @returns what is wrong; empty where all is well */
export function violationsOf(facts: StudyFacts, expected: Expectations): readonly Violation[] {
  return Object.entries(invariants).flatMap(([invariant, check]) =>
    check(facts, expected).map((detail) => ({ invariant, detail })),
  );
}

const terminal: ReadonlySet<unknown> = new Set(['completed', 'stopped', 'diverged', 'failed', 'cancelled']);
const runnable: ReadonlySet<unknown> = new Set(['queued', 'running']);

/** Trials are numbered from 1 without gaps, and never are there more than the config wants. */
const numbered: Check = ({ trials }, { trials: wanted, complete }) => [
  ...trials.flatMap(({ number }, index) =>
    number === index + 1 ? [] : [`trial ${number} stands in place ${index + 1}`],
  ),
  ...(trials.length > wanted ? [`${trials.length} trials of ${wanted}`] : []),
  ...(complete && trials.length < wanted ? [`complete with ${trials.length} trials of ${wanted}`] : []),
];

/** Every trial has ended or can still be run; in the end all have ended, and all were learned from. */
const endedOrRunnable: Check = ({ trials }, { complete }) =>
  trials.flatMap(({ number, state, outcome, reward, consumed }) => {
    const ended = terminal.has(state);
    if (!ended && !runnable.has(state)) return [`trial ${number} is ${state}`];
    if (!ended && (outcome !== null || reward !== null || consumed !== null)) {
      return [`trial ${number} is ${state} and has a result`];
    }
    if (ended && (outcome === null || reward === null))
      return [`trial ${number} is ${state} without a result`];
    if (complete && (!ended || consumed === null))
      return [`at the end trial ${number} is ${state}, unconsumed`];
    return [];
  });

/** A result that was stored stays, as it was stored. */
const resultsStay: Check = ({ trials, changes }) => {
  const problems: string[] = [];
  const last = new Map<unknown, Readonly<Record<string, unknown>>>();
  for (const { before, after } of of(changes, 'trials')) {
    if (after === null) {
      problems.push(`trial ${String(before?.['number'])} was deleted`);
      continue;
    }
    last.set(after['number'], after);
    if (before === null || !terminal.has(before['state'])) continue;
    for (const column of ['state', 'attempt', 'outcome', 'reward', 'score_value']) {
      if (before[column] === after[column]) continue;
      problems.push(
        `trial ${String(after['number'])} had ended, and its ${column} changed from ${String(before[column])} to ${String(after[column])}`,
      );
    }
  }
  for (const trial of trials) {
    const seen = last.get(trial.number);
    for (const column of ['state', 'attempt', 'outcome', 'reward', 'score_value', 'consumed'] as const) {
      if (seen?.[column] === trial[column]) continue;
      problems.push(`trial ${trial.number}: its ${column} is not what was last seen to be written`);
    }
    last.delete(trial.number);
  }
  for (const number of last.keys()) problems.push(`trial ${String(number)} is gone`);
  return problems;
};

/** Attempts are counted by one, each when the trial begins to run. */
const attemptsGrowByOne: Check = ({ changes }) =>
  of(changes, 'trials').flatMap(({ before, after }) => {
    if (after === null) return [];
    const was = before === null ? 0 : Number(before['attempt']);
    const is = Number(after['attempt']);
    const begun = after['state'] === 'running' && before?.['state'] !== 'running';
    return is === was + (begun ? 1 : 0)
      ? []
      : [`trial ${String(after['number'])}: attempt ${is} after ${was}`];
  });

/** A trial is learned from once, after it has ended. */
const consumedOnce: Check = ({ changes }) =>
  of(changes, 'trials').flatMap(({ before, after }) => {
    if (after === null || (before?.['consumed'] ?? null) === after['consumed']) return [];
    const trial = `trial ${String(after['number'])}`;
    const was = before?.['consumed'] ?? null;
    if (was !== null)
      return [`${trial} was consumed by ${String(was)} and then by ${String(after['consumed'])}`];
    return terminal.has(after['state'])
      ? []
      : [`${trial} was consumed while it was ${String(after['state'])}`];
  });

/** A replica's gradients are numbered without gaps, and name as many trials as say that it consumed them. */
const gradientsAddUp: Check = ({ trials, gradients, replicas, changes }) => {
  const problems: string[] = [];
  for (const { replica, sequence } of replicas) {
    const own = gradients
      .filter((gradient) => gradient.replica === replica)
      .map((gradient) => gradient.sequence);
    const wanted = Array.from({ length: sequence }, (_, k) => k + 1);
    if (String(own) !== String(wanted)) {
      problems.push(`replica ${replica} is at ${sequence}, its gradients are ${own.join(' ')}`);
    }
  }
  const place = (replica: number | null, sequence: number | null) => `${String(replica)}/${String(sequence)}`;
  const named = new Map<string, number>();
  for (const { replica, consumed } of trials) {
    if (consumed === null) continue;
    const key = place(replica, consumed);
    named.set(key, (named.get(key) ?? 0) + 1);
  }
  for (const { replica, sequence, trials: count } of gradients) {
    const found = named.get(place(replica, sequence)) ?? 0;
    if (found !== count)
      problems.push(`gradient ${place(replica, sequence)} is of ${count} trials, ${found} say so`);
    named.delete(place(replica, sequence));
  }
  for (const key of named.keys())
    problems.push(`trials were consumed by gradient ${key}, which is not there`);
  for (const { before } of of(changes, 'gradients')) {
    if (before !== null) problems.push(`gradient ${JSON.stringify(before)} was changed or deleted`);
  }
  return problems;
};

/** A shard has as many updates as there were gradients with a reward. */
const shardsAreComplete: Check = ({ shards, gradients, trials }, { shards: wanted }) => {
  const rewarded = new Set(
    trials.filter(({ reward }) => reward !== null).map(({ replica, consumed }) => `${replica}/${consumed}`),
  );
  const updates = gradients.filter(({ replica, sequence }) => rewarded.has(`${replica}/${sequence}`)).length;
  return [
    ...(shards.length === wanted ? [] : [`${shards.length} shards of ${wanted}`]),
    ...shards.flatMap(({ shard, version }) =>
      version === updates ? [] : [`shard ${shard} is at version ${version} after ${updates} gradients`],
    ),
  ];
};

/**
 * A push is one transaction, whole: a gradient, one update of every shard, its trials consumed, the replica's place.
 * Nothing else changes any of these.
 */
const pushesAreWhole: Check = ({ changes, trials, shards }) => {
  const problems: string[] = [];
  for (const push of pushesOf(changes)) {
    const { transaction } = push;
    const wrong = (problem: string) => problems.push(`transaction ${transaction}: ${problem}`);
    const [gradient, another] = push.gradients;
    if (gradient === undefined) {
      wrong('what only a push may change was changed without one');
      continue;
    }
    if (another !== undefined) wrong('two gradients at once');
    if (push.consumed.length !== gradient['trials']) {
      wrong(`a gradient of ${String(gradient['trials'])} trials consumed ${push.consumed.length}`);
    }
    for (const trial of push.consumed) {
      if (trial['replica'] === gradient['replica'] && trial['consumed'] === gradient['sequence']) continue;
      wrong(`trial ${String(trial['number'])} was consumed by another replica or sequence`);
    }
    if (push.places.length !== 1 || push.places[0]?.['sequence'] !== gradient['sequence']) {
      wrong(`the place of replica ${String(gradient['replica'])} was not moved with its gradient`);
    }
    const updated = push.shards.filter(
      ({ before, after }) => Number(after['version']) === Number(before['version']) + 1,
    );
    if (updated.length !== push.shards.length) wrong('a shard was changed by more or less than one version');
    if (push.shards.length !== shards.length)
      wrong(`${push.shards.length} of ${shards.length} shards were updated`);
  }
  const last = new Map(of(changes, 'shards').map(({ after }) => [after?.['shard'], after?.['digest']]));
  for (const { shard, digest } of shards) {
    if (last.get(shard) !== digest) problems.push(`shard ${shard} is not what was last seen to be written`);
  }
  const consumed = trials.filter((trial) => trial.consumed !== null).length;
  const seen = pushesOf(changes).reduce((sum, push) => sum + push.consumed.length, 0);
  if (seen !== consumed) problems.push(`pushes consumed ${seen} trials, ${consumed} are consumed`);
  return problems;
};

/** The moving average of the rewards, in the order of the pushes, bit for bit: each reward in it once. */
const baselineIsTheRewards: Check = ({ changes, baseline }, { baselineDecay }) => {
  let average: number | null = null;
  const problems: string[] = [];
  const pushes = pushesOf(changes).filter((push) => push.gradients.length > 0 && push.shards.length > 0);
  for (const push of pushes.sort((a, b) => a.version - b.version)) {
    const rewards = push.consumed
      .sort((a, b) => Number(a['number']) - Number(b['number']))
      .map((trial) => Number(trial['reward']));
    if (average === null) average = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
    else for (const reward of rewards) average = baselineDecay * average + (1 - baselineDecay) * reward;
    const [{ after } = { after: null }] = push.baselines;
    const stored = after?.['baseline'];
    // Where all rewards equal the average there is nothing to store.
    if (stored !== undefined && stored !== average) {
      problems.push(
        `after version ${push.version} the baseline is ${String(stored)}, its rewards make ${average}`,
      );
      return problems;
    }
  }
  if (average !== baseline) problems.push(`the baseline is ${baseline}, the rewards make ${average}`);
  return problems;
};

/** Tokens name the architecture, and the reward is that of the architecture's score. */
const rewardsAreTheScores: Check = ({ trials }, { space }) =>
  trials.flatMap((trial) => {
    const { number, tokens, architecture, reward, score_value: score } = trial;
    const decoded = decode(tokens, space);
    if (decoded === null) return [`trial ${number}: its tokens do not decode`];
    if (JSON.stringify(decoded) !== architecture)
      return [`trial ${number}: its tokens are of another architecture`];
    if (!terminal.has(trial.state)) return [];
    const expected = fakeAccuracy(decoded);
    if (score !== expected)
      return [`trial ${number}: its score is ${score}, its architecture’s is ${expected}`];
    return reward === score ? [] : [`trial ${number}: its reward is ${reward}, of a score of ${score}`];
  });

/** Every epoch is stored once, none is missing. */
const epochsAreThere: Check = ({ trials }) =>
  trials.flatMap(({ number, state, epochs, epoch_rows: rows }: TrialFact) => {
    const inOrder = rows.every((epoch, index) => epoch === index + 1);
    const whole = state === 'completed' ? rows.length === 2 : rows.length <= 2;
    return inOrder && whole && rows.length === epochs
      ? []
      : [`trial ${number}, ${state}: ${epochs} epochs, rows ${rows.join(' ')}`];
  });

export const invariants = {
  numbered,
  endedOrRunnable,
  resultsStay,
  attemptsGrowByOne,
  consumedOnce,
  gradientsAddUp,
  shardsAreComplete,
  pushesAreWhole,
  baselineIsTheRewards,
  rewardsAreTheScores,
  epochsAreThere,
} satisfies Readonly<Record<string, Check>>;

type Row = Readonly<Record<string, unknown>>;

/** What one transaction changed of that which only a push may change. */
interface PushChanges {
  readonly transaction: string;
  readonly gradients: Row[];
  readonly consumed: Row[];
  readonly places: Row[];
  readonly shards: { readonly before: Row; readonly after: Row }[];
  readonly baselines: { readonly after: Row | null }[];
  /** Of the shards, after it. */
  version: number;
}

function pushesOf(changes: readonly Change[]): PushChanges[] {
  const pushes = new Map<string, PushChanges>();
  const pushOf = ({ transaction }: Change): PushChanges => {
    const known = pushes.get(transaction);
    if (known !== undefined) return known;
    const push = {
      transaction,
      gradients: [],
      consumed: [],
      places: [],
      shards: [],
      baselines: [],
      version: 0,
    };
    pushes.set(transaction, push);
    return push;
  };
  for (const change of changes) {
    const { what, before, after } = change;
    if (after === null) continue; // deleted: told by others of these checks
    if (what === 'gradients') pushOf(change).gradients.push(after);
    if (before === null) continue; // the first of its kind
    if (what === 'trials' && before['consumed'] !== after['consumed']) pushOf(change).consumed.push(after);
    if (what === 'replicas') pushOf(change).places.push(after);
    if (what === 'shared_studies') pushOf(change).baselines.push({ after });
    if (what === 'shards') {
      const push = pushOf(change);
      push.shards.push({ before, after });
      push.version = Number(after['version']);
    }
  }
  return [...pushes.values()];
}

function of(changes: readonly Change[], what: Change['what']): readonly Change[] {
  return changes.filter((change) => change.what === what);
}

function decode(tokens: string, space: SearchSpace): unknown {
  try {
    return space.decode(decodeTokens(tokens, space));
  } catch {
    return null; // the caller says so
  }
}
