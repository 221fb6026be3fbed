import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { openStore } from '../../src/store/open-store.ts';
import { runBinary } from '../fixtures/binary.ts';
import { delay, RetrainGround } from './retrain-process.ts';
import { smallStudy } from './search-process.ts';

/*
 * Retraining as users run it: the compiled command line, the grid's worker process, the engine with one thread, real
 * CIFAR-10 images and SIGKILL.
 */

const kills = 6;
/** Print it and set it to repeat a failure. */
const seed = Number(process.env['NASCENT_CRASH_SEED'] ?? Date.now());

let ground: RetrainGround;
beforeAll(async () => {
  const retrain = {
    grid: { learningRate: [0.05, 0.02], batchNormEpsilon: [1e-5, 1e-3] },
    final: { epochs: 24 },
    checkpointEvery: 2,
  };
  ground = await RetrainGround.make({ ...smallStudy, trials: 2, retrain }, ['1', '--study', 'search.db']);
  const search = await runBinary(['search', 'config.json', '--study', 'search.db'], {
    cwd: ground.directory,
  });
  if (search.code !== 0) throw new Error(`the search failed:\n${search.stderr}`);
}, 120_000);
afterAll(() => ground.remove());

describe(`SIGKILL in the middle of retrain (NASCENT_CRASH_SEED=${seed})`, { timeout: 600_000 }, () => {
  it(`killed ${kills} times it ends with the grid and the weights of one never killed, bit for bit`, async () => {
    await ground.toTheEnd('whole');
    const random = randomStream(seed, 'retrain kills');
    let killed = 0;
    while (killed < kills) {
      const attempt = ground.start('killed');
      // In the grid, between its end and the first checkpoint, and in the final training.
      const moment = [/^\[\d\/4\]/m, /^final training/m, /^\[epoch \d+\/24\]/m][killed % 3] as RegExp;
      await Promise.race([attempt.ended, attempt.says(moment)]);
      await Promise.race([attempt.ended, delay(random.uniform() * 150)]);
      attempt.kill();
      const code = await attempt.ended;
      if (code !== null && code !== 0) throw new Error(`it failed by itself:\n${attempt.said()}`);
      if (code === 0) break;
      killed++;
    }
    await ground.toTheEnd('killed');
    expect(killed, 'it was killed while it worked').toBeGreaterThan(2);
    const [whole, after] = await Promise.all([ground.gridOf('whole'), ground.gridOf('killed')]);
    expect(after.runs).toEqual(whole.runs);
    const model = (out: string) => readFileSync(ground.path(out, 'model.safetensors'));
    expect(model('killed').equals(model('whole'))).toBe(true);
    const result = (log: typeof whole.log) =>
      log.find(({ kind }) => kind === 'test-set-result')?.detail['confusion'];
    expect(result(after.log)).toEqual(result(whole.log));
    const half = (await readdir(join(ground.directory, 'killed'))).filter((name) => name.endsWith('.tmp'));
    expect(half, 'nothing half written is left').toEqual([]);
  });

  it('goes on from the last checkpoint, not from the first epoch', async () => {
    const first = ground.start('continued');
    await Promise.race([first.ended, first.says(/^\[epoch 9\/24\]/m)]);
    first.kill();
    expect(await first.ended).toBeNull();
    const second = ground.start('continued');
    expect(await second.ended).toBe(0);
    const from = Number(/going on after epoch (\d+)/.exec(second.said())?.[1]);
    expect(from).toBeGreaterThanOrEqual(8);
    expect(second.said()).toContain(`[epoch ${from + 1}/24]`);
    expect(second.said()).not.toContain(`[epoch ${from}/24]`);
  });

  it('Ctrl-C: the checkpoint is there, it says how to resume, and 130', async () => {
    const { child, ended, says, said } = ground.start('interrupted');
    await Promise.race([ended, says(/^\[epoch 4\/24\]/m)]);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said()).toContain('npx nascent retrain 1 --study search.db --out interrupted');
    expect(existsSync(ground.path('interrupted', 'checkpoint.safetensors'))).toBe(true);
    expect((await ground.gridOf('interrupted')).log.map(({ kind }) => kind)).not.toContain('test-set-opened');
  });

  it('a second one on the same directory is refused and disturbs nothing', async () => {
    const first = ground.start('shared');
    await Promise.race([first.ended, first.says(/^\[epoch 1\/24\]/m)]);
    first.child.kill('SIGSTOP'); // alive, but not done before the second one has begun
    const second = ground.start('shared');
    expect(await second.ended).toBe(1);
    first.child.kill('SIGCONT');
    expect(second.said()).toContain(`is being run by pid ${first.child.pid} on host`);
    expect(await first.ended).toBe(0);
  });

  it('done, it shows the stored result: the test set is opened once, in both logs', async () => {
    await ground.toTheEnd('once');
    const again = ground.start('once');
    expect(await again.ended).toBe(0);
    expect(again.said()).not.toMatch(/opening the test set|epoch/);
    const { log } = await ground.gridOf('once');
    expect(log.filter(({ kind }) => kind === 'test-set-opened')).toHaveLength(1);
    const store = await openStore(join(ground.directory, 'search.db'), { access: 'read' });
    const entries = await store.logEntries((await store.study()).id);
    await store.close();
    const own = entries.filter(({ detail }) => detail['directory'] === join(ground.directory, 'once'));
    expect(own.map(({ kind }) => kind)).toEqual(['test-set-opened', 'test-set-result']);
  });
});
