import { describe, expect, it } from 'vitest';
import { toyConfig } from '../../../test/fixtures/toy-study.ts';
import type { StudyRecord } from '../../store/store.ts';
import { born } from '../../trial/life-cycle.ts';
import { parseSearchRun } from '../../trial/parse-search-run.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { runOfStudy, strategyLabel } from './run-of-study.ts';

function studyWith(strategy: {
  readonly use: string;
  readonly options?: Record<string, unknown>;
}): StudyRecord {
  return {
    id: 1,
    name: 'toy',
    config: toyConfig({ strategy }),
    seed: 7,
    space: { name: 'toy', version: 1, fingerprint: '00000000', options: {} },
    evaluatorIdentity: 'e',
    strategy: strategy.use,
    codeVersion: '0.1.0',
    datasetChecksum: null,
    createdAt: '2026-11-24T08:00:00.000Z',
    owner: null,
  };
}

function trial(number: number, changes: Partial<TrialRecord>): TrialRecord {
  return {
    ...born,
    state: 'completed',
    number,
    tokens: `toy/1 ${number}`,
    architecture: {},
    architectureKey: `key ${number}`,
    seed: number,
    outcome: { kind: 'completed' },
    reward: number / 10,
    score: { split: 'validation', metric: 'accuracy', value: number / 10 },
    parameters: 1,
    facts: {},
    reusedFrom: null,
    epochs: 1,
    owner: null,
    queuedAt: '2026-11-24T08:00:00.000Z',
    startedAt: '2026-11-24T08:00:00.000Z',
    finishedAt: `2026-11-24T08:00:0${number}.000Z`,
    seconds: number,
    worker: null,
    ...changes,
  };
}

const random = studyWith({ use: 'random' });

describe('a study as a run of a comparison', () => {
  it('has its trials in the order in which they were told', () => {
    const run = runOfStudy(random, [
      trial(1, { finishedAt: '2026-11-24T08:00:09.000Z' }),
      trial(2, {}),
      trial(3, {}),
    ]);
    expect(run).toMatchObject({ strategy: 'random', seed: 7, strategyMs: 0 });
    expect(run.trials.tokens).toEqual(['toy/1 2', 'toy/1 3', 'toy/1 1']);
    expect(run.trials.score).toEqual([0.2, 0.3, 0.1]);
    expect(run.trials.seconds).toEqual([2, 3, 1]);
  });

  it('leaves out what is running, queued or cancelled', () => {
    const run = runOfStudy(random, [
      trial(1, { state: 'running', reward: null, score: null, finishedAt: null }),
      trial(2, { state: 'cancelled', reward: null, score: null }),
      trial(3, {}),
    ]);
    expect(run.trials.tokens).toEqual(['toy/1 3']);
  });

  it('a failed child has no score, and the reward of a failed child', () => {
    const failed = trial(1, { state: 'failed', reward: 0, score: null });
    expect(runOfStudy(random, [failed]).trials).toMatchObject({ reward: [0], score: [null] });
  });

  it('a reused result is a repeat, charged what its evaluation took', () => {
    const run = runOfStudy(random, [
      trial(1, { architectureKey: 'same', seconds: 40 }),
      trial(2, { architectureKey: 'same', seconds: 0.01, reusedFrom: 1 }),
    ]);
    expect(run.trials.repeat).toEqual([false, true]);
    expect(run.trials.seconds).toEqual([40, 40]);
  });

  it('simulated seconds are charged where there are some', () => {
    expect(runOfStudy(random, [trial(1, { facts: { simulatedSeconds: 96.5 } })]).trials.seconds).toEqual([
      96.5,
    ]);
  });

  it('is labelled by strategy and preset, unless it is given a label', () => {
    const small = studyWith({ use: 'policy-gradient', options: { preset: 'small' } });
    expect(strategyLabel(small)).toBe('policy-gradient small');
    expect(strategyLabel(studyWith({ use: 'policy-gradient' }))).toBe('policy-gradient');
    expect(runOfStudy(small, [], { label: 'mine' }).strategy).toBe('mine');
  });

  it('takes over what the strategy says of itself', () => {
    const summary = { samples: 1, updates: 4, baseline: 0.2, entropy: 3, kl: 0.5, note: 'a note' };
    expect(runOfStudy(random, [trial(1, {})], { summary }).policy).toEqual({
      updates: 4,
      entropy: 3,
      kl: 0.5,
      note: 'a note',
    });
  });

  it('is a run like any other', () => {
    const run = runOfStudy(random, [trial(1, {}), trial(2, { score: null, reward: 0 })]);
    expect(parseSearchRun(JSON.parse(JSON.stringify(run)), 'test')).toEqual(run);
  });
});
