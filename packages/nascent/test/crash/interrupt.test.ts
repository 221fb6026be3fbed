import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { isAlive } from '../fixtures/is-alive.ts';
import { SearchGround, smallStudy } from './search-process.ts';

let ground: SearchGround;
beforeAll(async () => {
  ground = await SearchGround.make(smallStudy);
});
afterAll(() => ground.remove());

describe('a search that is running', { timeout: 240_000 }, () => {
  it('a second one on the same study is refused, names the first, and disturbs nothing', async () => {
    const long = await SearchGround.make({ ...smallStudy, trials: 10_000 });
    try {
      const first = long.search('shared.db');
      await first.working;
      const second = long.search('shared.db');
      expect(await second.ended).toBe(1);
      expect(second.said()).toContain(`is being run by pid ${first.child.pid} on host`);
      first.child.kill('SIGINT');
      expect(await first.ended).toBe(130);
      const store = await openStore(long.path('shared.db'), { access: 'read' });
      const trials = await store.trials(1);
      await store.close();
      for (const { state, attempt } of trials.slice(0, -1))
        expect([state, attempt]).toEqual(['completed', 1]);
    } finally {
      await long.remove();
    }
  });

  it('Ctrl-C: its children are handed back, all is saved, it says how to resume, and 130', async () => {
    const search = ground.search('interrupted.db');
    await search.working;
    search.child.kill('SIGINT');
    expect(await search.ended).toBe(130);
    expect(search.said()).toContain('nascent search config.json --study interrupted.db');
    const store = await openStore(ground.path('interrupted.db'), { access: 'read' });
    const { id, owner } = await store.study();
    const trials = await store.trials(id);
    const log = (await store.logEntries(id)).map((entry) => entry.kind);
    await store.close();
    expect(owner).toBeNull();
    expect(log).toEqual(['created', 'interrupted']);
    for (const trial of trials) {
      expect(['completed', 'queued']).toContain(trial.state);
      expect(trial.childFailures).toBe(0);
      if (trial.worker !== null) expect(isAlive(trial.worker.pid), 'its workers have ended').toBe(false);
    }
    const resumed = ground.search('interrupted.db');
    expect(await resumed.ended).toBe(0);
    expect(resumed.said()).toMatch(/^resuming: \d+ of 12 trials are done/m);
  });
});
