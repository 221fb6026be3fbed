// How many gradients a parameter server takes in: 100 replicas push to 20 shards at once, on SQLite and on PostgreSQL.
// Every push is a whole one: Adam over each shard, the baseline, a trial consumed, staleness recorded; one in ten is
// repeated, as after a lost answer. Afterwards every update is counted.
//
//   npx tsx bench/scale/shard-updates.ts [--replicas 100] [--pushes 10] [--shards 20] [--parameters 30720] [--rounds 3]
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  firstShards,
  ParameterServer,
} from '../../packages/nascent/src/parameter-server/parameter-server.ts';
import { connectStore, openStore } from '../../packages/nascent/src/store/open-store.ts';
import { newStudy } from '../../packages/nascent/test/contract/new-study.ts';
import { privatePostgres } from '../../packages/nascent/test/postgres-server.ts';

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '100' },
    pushes: { type: 'string', default: '10' },
    shards: { type: 'string', default: '20' },
    parameters: { type: 'string', default: '30720' },
    rounds: { type: 'string', default: '3' },
  },
});
const replicas = Number(values.replicas);
const pushes = Number(values.pushes);
const shards = Number(values.shards);
const parameters = Number(values.parameters);

interface Measured {
  readonly pushesPerSecond: number;
  readonly updatesPerSecond: number;
  readonly p50: number;
  readonly p99: number;
}

async function measure(location: string): Promise<Measured> {
  const owner = { host: 'bench', bootId: 'b', pid: 1, startTime: '1' };
  const store = await openStore(location, { access: 'create', connections: 16 });
  try {
    const { id: study } = await store.createStudy(newStudy);
    const vector = Float32Array.from({ length: parameters }, (_, k) => Math.sin(k));
    await store.shared.share(study, { accumulate: 1, baseline: null }, firstShards(vector, shards));
    await store.shared.claimReplicas(study, owner, replicas, 1e9);
    for (let replica = 1; replica <= replicas; replica++) {
      await store.shared.draw(
        study,
        owner,
        replica,
        { atMost: pushes, countSpent: false },
        ({ drawn, wanted }) => ({
          trials: Array.from({ length: wanted }, (_, k) => ({
            number: drawn + k + 1,
            tokens: 'bench',
            architecture: {},
            architectureKey: String(drawn + k),
            seed: 1,
          })),
          state: null,
        }),
      );
    }
    // The trials themselves are not what is measured.
    const { db, close } = await connectStore(location, { access: 'write' });
    await db.updateTable('trials').set({ state: 'completed', reward: 0.5 }).execute();
    await close();
    const gradient = Float32Array.from(vector, (value) => value / 100);
    const server = new ParameterServer(
      store.shared,
      { study, owner },
      { parameters, shards },
      { learningRate: 6e-4, accumulate: 1, baselineDecay: 0.95 },
    );
    const waits: number[] = [];
    const began = performance.now();
    await Promise.all(
      Array.from({ length: replicas }, async (_, k) => {
        const { versions } = await server.pull();
        for (let sequence = 1; sequence <= pushes; sequence++) {
          const push = {
            replica: k + 1,
            sequence,
            trials: [k * pushes + sequence],
            gradient,
            versions,
            rewards: [0.5],
          };
          const at = performance.now();
          await server.push(push);
          waits.push(performance.now() - at);
          if (sequence % 10 === 0) await server.push(push);
        }
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    const { versions } = await server.pull();
    const lost = versions.filter((version) => version !== replicas * pushes).length;
    if (lost > 0)
      throw new Error(`${lost} of ${shards} shards have lost or doubled updates: ${versions.join(' ')}`);
    waits.sort((a, b) => a - b);
    const at = (share: number) => waits[Math.floor(share * (waits.length - 1))] ?? Number.NaN;
    const perSecond = (replicas * pushes) / seconds;
    return { pushesPerSecond: perSecond, updatesPerSecond: perSecond * shards, p50: at(0.5), p99: at(0.99) };
  } finally {
    await store.close();
  }
}

const server = await privatePostgres({ fsync: true });
const directory = await mkdtemp(join(tmpdir(), 'nascent-shards-'));
try {
  const rows: [string, Measured][] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    rows.push(['SQLite', await measure(join(directory, `${round}.db`))]);
    if (server !== null) rows.push(['PostgreSQL', await measure(server.url(await server.createDatabase()))]);
  }
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}; ${replicas} replicas × ${pushes} pushes, ${shards} shards, ${parameters} parameters; none lost, none doubled`,
  );
  console.log(
    '\n| store | pushes/s, each run | shard updates/s, median | push p50 / p99, ms (median) |\n| --- | --- | --- | --- |',
  );
  const median = (numbers: readonly number[]) =>
    [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
  for (const name of new Set(rows.map(([store]) => store))) {
    const runs = rows.filter(([store]) => store === name).map(([, run]) => run);
    const of = (pick: (run: Measured) => number) => median(runs.map(pick));
    console.log(
      `| ${name} | ${runs.map((run) => run.pushesPerSecond.toFixed(0)).join(', ')} | ${of((run) => run.updatesPerSecond).toFixed(0)} ` +
        `| ${of((run) => run.p50).toFixed(0)} / ${of((run) => run.p99).toFixed(0)} |`,
    );
  }
} finally {
  await server?.dispose();
  await rm(directory, { recursive: true });
}
