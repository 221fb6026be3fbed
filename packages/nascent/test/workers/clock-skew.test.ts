import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { postgresForTests } from '../postgres-server.ts';
import { heartbeatMs, SharedStudy, until, type WorkerRun } from './shared-study.ts';

const postgres = await postgresForTests();
const open: SharedStudy[] = [];
const tenMinutesMs = 600_000;

afterEach(async () => {
  for (const one of open.splice(0)) await one.dispose();
});

describe.skipIf(postgres === null)('workers whose clocks differ by 20 minutes', { timeout: 60_000 }, () => {
  it('leave each other’s live jobs alone, and take a dead one’s', async () => {
    if (postgres === null) return;
    const architectures = [1, 2, 3].map((number) => ({ number, epochs: 20, epochMs: 250 }));
    const shared = await SharedStudy.begin(postgres, architectures, { dispatched: false });
    open.push(shared);
    const skewed = (skewMs: number): WorkerRun => shared.worker([], { NASCENT_TEST_SKEW_MS: String(skewMs) });
    const early = skewed(-tenMinutesMs);
    const late = skewed(tenMinutesMs);
    const doomed = skewed(tenMinutesMs);
    const all = [early, late, doomed];
    await until(() => all.every((worker) => worker.said('joined').length === 1), 'all have joined');
    await shared.dispatch();
    const states = async () => (await shared.trials()).map(({ state, attempt }) => `${state} ${attempt}`);
    await until(async () => (await states()).every((state) => state === 'running 1'), 'each trains one');

    await sleep(6 * heartbeatMs); // three times the life of a lock
    expect(await states()).toEqual(Array(3).fill('running 1'));
    const [trial] = doomed.said('trial-begun').map((line) => Number(line['trial']));
    doomed.kill('SIGKILL');
    // The others have their one slot taken: it runs again as soon as one of them is done, and is taken back before.
    const takenBack = async () => (await shared.queue.counts()).waiting === 1;
    expect(await until(takenBack, 'its job waits again')).toBeLessThan(3 * heartbeatMs + 1500);

    expect([(await early.ended).code, (await late.ended).code]).toEqual([0, 0]);
    expect((await shared.trials()).map(({ state, number, attempt }) => [number, state, attempt])).toEqual(
      [1, 2, 3].map((number) => [number, 'completed', number === trial ? 2 : 1]),
    );
  });
});
