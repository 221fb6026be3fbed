import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { openComparisonStore } from '../../src/store/open-store.ts';
import type { StudyConfigInput } from '../../src/study/config.ts';
import { binary, isBuilt } from '../fixtures/binary.ts';
import { childrenComparison, tableComparison, withoutMeasuredTimes } from '../fixtures/comparisons.ts';

/*
 * Comparisons as users run them: the compiled command line with its worker processes, interrupted and killed.
 */

/** Print it and set it to repeat a failure. */
const seed = Number(process.env['NASCENT_CRASH_SEED'] ?? Date.now());
const random = randomStream(seed, 'comparison kills');

let directory: string;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  if (!isBuilt) throw new Error('this test runs the built command line: run npm run build:ts first');
  directory = await mkdtemp(join(tmpdir(), 'nascent-compare-crash-'));
});
afterEach(async () => {
  for (const child of running) signal(child, 'SIGKILL');
  await rm(directory, { recursive: true });
});

/** To its whole group. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // It has ended already.
  }
}

interface Comparison {
  readonly child: ChildProcess;
  /** Resolves with the exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Resolves at the first line of progress. */
  readonly working: Promise<void>;
  /** Standard error so far. */
  readonly said: () => string;
}

function compare(out: string, ...options: readonly string[]): Comparison {
  const child = spawn(process.execPath, [binary, 'compare', 'config.json', '--out', out, ...options], {
    cwd: directory,
    detached: true, // a group of its own, so that the whole group can be killed
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  let said = '';
  const working = new Promise<void>((resolve) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/^\[\d+\//m.test(said)) resolve();
    });
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, ended, working, said: () => said };
}

const config = (value: StudyConfigInput) => writeFile(join(directory, 'config.json'), JSON.stringify(value));
const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function toTheEnd(out: string): Promise<void> {
  const { ended, said } = compare(out);
  if ((await ended) !== 0) throw new Error(`the comparison failed:\n${said()}`);
}

async function runsOf(out: string) {
  const store = await openComparisonStore(join(directory, out, 'comparison.db'), { access: 'read' });
  try {
    return (await store.runs()).map(({ run }) => run);
  } finally {
    await store.close();
  }
}

/** Kills it after its first progress, a random time later; the whole group, or the main process alone. */
async function killAtRandom(out: string, withinMs: number): Promise<void> {
  const { child, ended, working } = compare(out);
  await Promise.race([ended, working]);
  await Promise.race([ended, delay(random.uniform() * withinMs)]);
  if (random.uniform() < 0.5) signal(child, 'SIGKILL');
  else child.kill('SIGKILL');
  expect(await ended, 'it was killed while it worked').toBeNull();
}

describe(`a comparison that is killed (NASCENT_CRASH_SEED=${seed})`, { timeout: 300_000 }, () => {
  it('on a table, ends with the runs of one never killed', async () => {
    const compared = { strategies: ['random', 'strong'], seeds: 60 };
    await config(
      tableComparison({}, { trials: 60, budget: { seconds: 1000 }, workers: 2, compare: compared }),
    );
    await toTheEnd('whole');
    let before = 0;
    for (let kill = 0; kill < 3; kill++) {
      await killAtRandom('killed', 100);
      const there = await runsOf('killed');
      expect(there.length, 'no whole run is ever lost').toBeGreaterThanOrEqual(before);
      before = there.length;
    }
    await toTheEnd('killed');
    const simulated = { simulated: true };
    const [killed, whole] = await Promise.all([runsOf('killed'), runsOf('whole')]);
    expect(whole).toHaveLength(120);
    expect(killed.map((run) => withoutMeasuredTimes(run, simulated))).toEqual(
      whole.map((run) => withoutMeasuredTimes(run, simulated)),
    );
  });

  it('of trained children, loses no training: only what was being trained is trained again', async () => {
    const logFile = join(directory, 'trained');
    const compared = { strategies: ['random', 'strong'], seeds: 2 };
    const changes = { trials: 20, workers: 2, compare: compared };
    await config(childrenComparison({ ms: 60 }, changes));
    await toTheEnd('whole');
    const options = { logFile, ms: 60 };
    await config(childrenComparison(options, changes));
    const kills = 2;
    for (let kill = 0; kill < kills; kill++) await killAtRandom('killed', 400);
    await toTheEnd('killed');
    const [killed, whole] = await Promise.all([runsOf('killed'), runsOf('whole')]);
    const bits = (run: (typeof whole)[number]) => withoutMeasuredTimes(run, { simulated: false });
    expect(killed.map(bits)).toEqual(whole.map(bits));
    const trained = readFileSync(logFile, 'utf8').trim().split('\n');
    const again = trained.length - new Set(trained).size;
    expect(again, 'one for each worker and kill at most').toBeLessThanOrEqual(kills * 2);
    const distinct = new Set(
      killed.flatMap((run) => run.trials.architecture.map((architecture) => `${run.seed} ${architecture}`)),
    );
    expect(new Set(trained).size).toBe(distinct.size);
  });
});

describe('a comparison that is running', { timeout: 120_000 }, () => {
  it('Ctrl-C: nothing half is kept, it says how to resume, and 130; a second one is refused meanwhile', async () => {
    const compared = { strategies: ['random', 'strong'], seeds: 500 };
    await config(tableComparison({}, { workers: 1, compare: compared }));
    const first = compare('out', '--strategies', 'strong,random');
    await first.working;
    const second = compare('out');
    expect(await second.ended).toBe(1);
    expect(second.said()).toContain(`is being run by pid ${first.child.pid} on host`);
    signal(first.child, 'SIGINT');
    expect(await first.ended).toBe(130);
    expect(first.said()).toMatch(/interrupted; \d+ of 1000 runs are saved/);
    expect(first.said()).toContain('npx nascent compare config.json --strategies strong,random --out out');
    for (const { trials } of await runsOf('out')) {
      expect(trials.seconds.reduce((sum, seconds) => sum + seconds, 0)).toBeGreaterThan(400 - 30);
    }
  });
});
