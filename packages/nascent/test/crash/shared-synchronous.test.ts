import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { campaign } from '../faults/campaign.ts';
import { type StudySettings, StudyUnderFaults } from '../faults/study-under-faults.ts';

/*
 * One replica and one worker with one slot: then the search is the synchronous one, and whatever fails on the way it ends
 * with the same tokens, rewards and controller, bit for bit.
 */

/** Print it and set it to repeat a failure, as nearly as moments can be repeated. */
const seed = Number(process.env['NASCENT_CRASH_SEED'] ?? Date.now());
const scale = 4;

const synchronous: StudySettings = {
  trials: 72,
  controllers: 1,
  replicas: 1,
  workers: 1,
  slots: 1,
  slower: 0.2,
  // As users have it: a controller that is started again at once is back before it would be taken for dead.
  controllerHeartbeatMs: 5000,
};

async function outcomeOf(study: StudyUnderFaults) {
  try {
    await study.done(scale * 120_000);
    return await study.outcome();
  } finally {
    await study.dispose();
  }
}

describe(`faults of a synchronous study (NASCENT_CRASH_SEED=${seed})`, { timeout: 600_000 }, () => {
  it('change nothing: tokens, rewards and shards end as those of an undisturbed one, bit for bit', async ({
    skip,
  }) => {
    const undisturbed = await StudyUnderFaults.begin(synchronous, randomStream(seed));
    if (undisturbed === null) return skip();
    const outcome = await outcomeOf(undisturbed);
    expect(outcome.trials).toHaveLength(synchronous.trials);

    const outcomes: unknown[] = [];
    const lines: string[] = [];
    const report = await campaign({
      kinds: ['worker-kill', 'controller-kill', 'postgres-kill', 'worker-stop', 'queue-drop'],
      count: 1,
      seed,
      scale,
      settings: synchronous,
      say: (line) => lines.push(line),
      onComplete: async (study) => void outcomes.push(await study.outcome()),
    });
    expect(report?.violations, lines.join('\n')).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(0);
    for (const disturbed of outcomes) expect(disturbed, lines.join('\n')).toEqual(outcome);
  });
});
