import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { JobHandler } from '../../src/study/shared/trial-queue.ts';
import { consumeTrials } from '../../src/workers/queue/consume-trials.ts';
import { openTrialQueue } from '../../src/workers/queue/open-trial-queue.ts';
import { privatePostgres } from '../postgres-server.ts';
import { until } from './shared-study.ts';

// It is killed here, and what it has committed must then be there: as in earnest, commits wait for the disk.
const server = await privatePostgres({ fsync: true });
const toClose: (() => Promise<void>)[] = [];
const heartbeatMs = 300;

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});
afterAll(async () => server?.dispose());

const url = (): string => `${server?.url('postgres') ?? ''}/study`;

async function queueOf(study: number) {
  const queue = await openTrialQueue(url(), study);
  toClose.push(() => queue.close());
  return queue;
}

function consume(study: number, slots: number, handler: JobHandler) {
  const problems: string[] = [];
  const consumer = consumeTrials(url(), study, {
    slots,
    handler,
    heartbeatMs,
    onProblem: ({ message }) => problems.push(message),
  });
  toClose.push(() => consumer.close());
  return { consumer, problems };
}

/** While others work with it. They hold locks of its tables in another order, and the server may give up one of the two. */
async function dropQueue(): Promise<void> {
  for (;;) {
    try {
      await server?.query('postgres', 'drop schema nascent_queue cascade');
      return;
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === '40P01')) throw thrown;
    }
  }
}

const jobs = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ number: index + 1, attempt: 1 }));

describe.skipIf(server === null)('queue of trials', { timeout: 60_000 }, () => {
  it('holds a job once, however often it is added, until it is done', async () => {
    const queue = await queueOf(1);
    await queue.add(jobs(2500));
    await queue.add(jobs(2500));
    expect(await queue.counts()).toEqual({ waiting: 2500, active: 0 });
    expect(await queue.held()).toEqual(new Set(jobs(2500).map(({ number }) => `${number}-1`)));
    await queue.add([{ number: 7, attempt: 2 }]);
    expect((await queue.counts()).waiting).toBe(2501);
  });

  it('gives jobs of its own study only, as many at once as there are slots', async () => {
    const [queue, other] = [await queueOf(2), await queueOf(3)];
    await queue.add(jobs(40));
    await other.add(jobs(5));
    const seen: number[] = [];
    let most = 0;
    let now = 0;
    consume(2, 4, async ({ number }) => {
      now += 1;
      most = Math.max(most, now);
      await sleep(20);
      now -= 1;
      seen.push(number);
    });
    await until(async () => (await queue.held()).size === 0, 'all are done');
    expect(seen.sort((a, b) => a - b)).toEqual(jobs(40).map(({ number }) => number));
    expect(most).toBe(4);
    expect(await other.counts()).toEqual({ waiting: 5, active: 0 });
  });

  it('gives a job again whose handler rejects', async () => {
    const queue = await queueOf(4);
    await queue.add(jobs(1));
    let tries = 0;
    const { problems } = consume(4, 1, async () => {
      tries += 1;
      if (tries < 3) throw new Error('not now');
    });
    // First this: what is held is read state by state, and a job that moves between two of them may be seen in neither.
    await until(() => tries === 3, 'it was given out three times');
    await until(async () => (await queue.held()).size === 0, 'it is done');
    expect(problems).toEqual(['not now', 'not now']);
  });

  it('keeps a long job with the one who holds it', async () => {
    const queue = await queueOf(5);
    await queue.add(jobs(1));
    let begun = 0;
    const handler = async () => {
      begun += 1;
      await sleep(8 * heartbeatMs);
    };
    consume(5, 1, handler);
    consume(5, 1, handler);
    await until(async () => (await queue.held()).size === 0, 'it is done');
    expect(begun).toBe(1);
  });

  it('goes on by itself when the database was killed and is back; nobody’s job is taken for a dead one’s', async () => {
    const queue = await queueOf(6);
    const begun: number[] = [];
    const handler = async ({ number }: { number: number }) => {
      begun.push(number);
      if (number === 1) await sleep(6000);
    };
    consume(6, 2, handler);
    consume(6, 2, handler);
    await queue.add(jobs(1));
    await until(() => begun.length === 1, 'it is begun');
    await server?.kill();
    await sleep(4 * heartbeatMs); // every lock has run out
    await server?.restart();
    await until(
      () =>
        queue.add([{ number: 2, attempt: 1 }]).then(
          () => true,
          () => false,
        ),
      'the database answers',
    );
    await until(() => begun.includes(2), 'a new job is taken');
    await until(async () => (await queue.held()).size === 0, 'both are done');
    expect(begun).toEqual([1, 2]);
  });

  it('is made again, empty, when it was dropped under its consumers', async () => {
    const queue = await queueOf(7);
    const done: number[] = [];
    const { problems } = consume(7, 2, async ({ number }) => {
      await sleep(number === 1 ? 3 * heartbeatMs : 0);
      done.push(number);
    });
    await queue.add(jobs(1));
    await until(async () => (await queue.counts()).active === 1, 'it is begun');
    await dropQueue();
    expect(await queue.held()).toEqual(new Set());
    await queue.add([{ number: 2, attempt: 1 }]);
    await until(() => done.includes(2) && done.includes(1), 'both are done');
    await until(async () => (await queue.held()).size === 0, 'it is empty');
    expect(problems.length).toBeLessThan(10); // and it does not ask a thousand times what cannot succeed
  });

  it('a consumer that is closed finishes what it has and takes nothing more', async () => {
    const queue = await queueOf(8);
    await queue.add(jobs(3));
    let done = 0;
    const { consumer } = consume(8, 1, async () => {
      await sleep(200);
      done += 1;
    });
    await until(async () => (await queue.counts()).active === 1, 'one is begun');
    await consumer.close();
    expect(done).toBe(1);
    expect(await queue.counts()).toEqual({ waiting: 2, active: 0 });
  });

  it('is empty for those who only read, where there is none', async () => {
    await server?.query('postgres', 'drop schema if exists nascent_queue cascade');
    const queue = await openTrialQueue(url(), 9, { access: 'read' });
    toClose.push(() => queue.close());
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0 });
    expect(await queue.held()).toEqual(new Set());
    const schemas = await server?.query(
      'postgres',
      "select 1 from pg_namespace where nspname = 'nascent_queue'",
    );
    expect(schemas).toEqual([]);
  });
});
