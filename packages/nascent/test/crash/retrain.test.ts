import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { openStore } from '../../src/store/open-store.ts';
import { binary, isBuilt, runBinary } from '../fixtures/binary.ts';
import { smallStudy } from './search-process.ts';

/*
 * Retraining as users run it: the compiled command line, the grid's worker process, the engine with one thread, real
 * CIFAR-10 images and SIGKILL.
 */

const kills = 6;
/** Print it and set it to repeat a failure. */
const seed = Number(process.env['NASCENT_CRASH_SEED'] ?? Date.now());
const oneThread = { ...process.env, OMP_NUM_THREADS: '1', OMP_WAIT_POLICY: 'passive', NO_COLOR: '1' };

let directory: string;
const running = new Set<Retraining>();
beforeAll(async () => {
  if (!isBuilt) throw new Error('this test runs the built command line: run npm run build:ts first');
  directory = await mkdtemp(join(tmpdir(), 'nascent-retrain-'));
  const retrain = {
    grid: { learningRate: [0.05, 0.02], batchNormEpsilon: [1e-5, 1e-3] },
    final: { epochs: 24 },
    checkpointEvery: 2,
  };
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...smallStudy, trials: 2, retrain }));
  const search = await runBinary(['search', 'config.json', '--study', 'search.db'], { cwd: directory });
  if (search.code !== 0) throw new Error(`the search failed:\n${search.stderr}`);
}, 120_000);
afterAll(async () => {
  for (const retraining of running) retraining.kill();
  await rm(directory, { recursive: true });
});

interface Retraining {
  readonly child: ChildProcess;
  /** Resolves with the exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Resolves when standard error has a line like this. */
  readonly says: (line: RegExp) => Promise<void>;
  readonly said: () => string;
  /** SIGKILL to the whole group. */
  readonly kill: () => void;
}

function retrain(out: string): Retraining {
  const child = spawn(process.execPath, [binary, 'retrain', '1', '--study', 'search.db', '--out', out], {
    cwd: directory,
    env: oneThread,
    detached: true, // a group of its own, so that the whole group can be killed
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const waiting = new Map<RegExp, () => void>();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    for (const [line, resolve] of waiting) if (line.test(said)) resolve();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(retraining);
      resolve(code);
    });
  });
  const says = (line: RegExp) =>
    new Promise<void>((resolve) => {
      waiting.set(line, resolve);
      if (line.test(said)) resolve();
    });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  const retraining: Retraining = { child, ended, says, said: () => said, kill };
  running.add(retraining);
  return retraining;
}

const path = (out: string, file: string) => join(directory, out, file);
const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function toTheEnd(out: string): Promise<void> {
  const { ended, said } = retrain(out);
  if ((await ended) !== 0) throw new Error(`the retraining failed:\n${said()}`);
}

async function gridOf(out: string) {
  const store = await openStore(path(out, 'grid.db'), { access: 'read' });
  try {
    const { id } = await store.study();
    const runs = (await store.trials(id)).map(({ number, tokens, state, reward, score }) => ({
      number,
      tokens,
      state,
      reward,
      score,
    }));
    return { runs, log: await store.logEntries(id) };
  } finally {
    await store.close();
  }
}

describe(`SIGKILL in the middle of retrain (NASCENT_CRASH_SEED=${seed})`, { timeout: 600_000 }, () => {
  it(`killed ${kills} times it ends with the grid and the weights of one never killed, bit for bit`, async () => {
    await toTheEnd('whole');
    const random = randomStream(seed, 'retrain kills');
    let killed = 0;
    while (killed < kills) {
      const attempt = retrain('killed');
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
    await toTheEnd('killed');
    expect(killed, 'it was killed while it worked').toBeGreaterThan(2);
    const [whole, after] = await Promise.all([gridOf('whole'), gridOf('killed')]);
    expect(after.runs).toEqual(whole.runs);
    const model = (out: string) => readFileSync(path(out, 'model.safetensors'));
    expect(model('killed').equals(model('whole'))).toBe(true);
    const result = (log: typeof whole.log) =>
      log.find(({ kind }) => kind === 'test-set-result')?.detail['confusion'];
    expect(result(after.log)).toEqual(result(whole.log));
    const half = (await readdir(join(directory, 'killed'))).filter((name) => name.endsWith('.tmp'));
    expect(half, 'nothing half written is left').toEqual([]);
  });

  it('goes on from the last checkpoint, not from the first epoch', async () => {
    const first = retrain('continued');
    await Promise.race([first.ended, first.says(/^\[epoch 9\/24\]/m)]);
    first.kill();
    expect(await first.ended).toBeNull();
    const second = retrain('continued');
    expect(await second.ended).toBe(0);
    const from = Number(/going on after epoch (\d+)/.exec(second.said())?.[1]);
    expect(from).toBeGreaterThanOrEqual(8);
    expect(second.said()).toContain(`[epoch ${from + 1}/24]`);
    expect(second.said()).not.toContain(`[epoch ${from}/24]`);
  });

  it('Ctrl-C: the checkpoint is there, it says how to resume, and 130', async () => {
    const { child, ended, says, said } = retrain('interrupted');
    await Promise.race([ended, says(/^\[epoch 4\/24\]/m)]);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said()).toContain('npx nascent retrain 1 --study search.db --out interrupted');
    expect(existsSync(path('interrupted', 'checkpoint.safetensors'))).toBe(true);
    expect((await gridOf('interrupted')).log.map(({ kind }) => kind)).not.toContain('test-set-opened');
  });

  it('a second one on the same directory is refused and disturbs nothing', async () => {
    const first = retrain('shared');
    await Promise.race([first.ended, first.says(/^\[epoch 1\/24\]/m)]);
    first.child.kill('SIGSTOP'); // alive, but not done before the second one has begun
    const second = retrain('shared');
    expect(await second.ended).toBe(1);
    first.child.kill('SIGCONT');
    expect(second.said()).toContain(`is being run by pid ${first.child.pid} on host`);
    expect(await first.ended).toBe(0);
  });

  it('done, it shows the stored result: the test set is opened once, in both logs', async () => {
    await toTheEnd('once');
    const again = retrain('once');
    expect(await again.ended).toBe(0);
    expect(again.said()).not.toMatch(/opening the test set|epoch/);
    const { log } = await gridOf('once');
    expect(log.filter(({ kind }) => kind === 'test-set-opened')).toHaveLength(1);
    const store = await openStore(join(directory, 'search.db'), { access: 'read' });
    const entries = await store.logEntries((await store.study()).id);
    await store.close();
    const own = entries.filter(({ detail }) => detail['directory'] === join(directory, 'once'));
    expect(own.map(({ kind }) => kind)).toEqual(['test-set-opened', 'test-set-result']);
  });
});
