// How fast the machinery of a shared study is: real controllers, workers and PostgreSQL, children that only wait.
//
//   npx tsx bench/scale/simulated-trials.ts --trials 10000 --slots 16 --workers 2 --seconds 1
//   npx tsx bench/scale/simulated-trials.ts --trials 8000 --slots 800 --workers 8 --seconds 60 --spread 0.5 \
//     --controllers 4 --replicas 25 --in-flight 8 --faster 4
//
// Prints one JSON object: throughput, staleness, how much processor time everything took, and the database's load.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openStore } from '../../packages/nascent/src/store/open-store.ts';
import { privatePostgres } from '../../packages/nascent/test/postgres-server.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const binary = resolve(here, '../../packages/nascent/bin/nascent.js');

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '2000' },
    slots: { type: 'string', default: '16' },
    workers: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '1' },
    spread: { type: 'string', default: '0' },
    faster: { type: 'string', default: '1' },
    controllers: { type: 'string', default: '1' },
    replicas: { type: 'string', default: '4' },
    'in-flight': { type: 'string', default: '8' },
    shards: { type: 'string', default: '20' },
    strategy: { type: 'string', default: 'paper' },
    seed: { type: 'string', default: '1' },
    /** Children score what NAS-Bench-201 says of them. */
    table: { type: 'boolean', default: false },
  },
});
const number = (name: Exclude<keyof typeof values, 'table' | 'strategy'>) => Number(values[name]);

const config = {
  space: { use: 'nas-bench-201' },
  evaluator: {
    use: join(here, 'simulated-child.mjs'),
    options: {
      seconds: number('seconds'),
      spread: number('spread'),
      faster: number('faster'),
      ...(values.table ? { table: { dataset: 'cifar10', reward: 'val12' } } : {}),
    },
  },
  strategy:
    values.strategy === 'random'
      ? { use: 'random' }
      : { use: 'policy-gradient', options: { preset: values.strategy } },
  reward: { kind: 'accuracy', lastEpochs: 1 },
  trials: number('trials'),
  seed: number('seed'),
  parallel: { shards: number('shards'), inFlight: number('in-flight') },
};

/** Processor seconds of a process and of its children that have ended. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ');
        return Number(fields[1]) === parent;
      } catch {
        return false; // it has ended meanwhile
      }
    });
}

function databaseSeconds(directory: string): number {
  const postmaster = Number(readFileSync(join(directory, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
  return [postmaster, ...childrenOf(postmaster)].reduce((sum, pid) => sum + processorSeconds(pid), 0);
}

function nascent(...words: string[]): ChildProcess {
  const child = spawn(process.execPath, [binary, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: '1', OMP_WAIT_POLICY: 'passive' },
  });
  child.stderr?.on('data', (text: Buffer) => {
    for (const line of text.toString().split('\n')) {
      if (/"level":"(warn|error)"|^error/.test(line)) process.stderr.write(`${line}\n`);
    }
  });
  return child;
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((done) =>
    child.exitCode === null ? child.once('exit', done) : done(child.exitCode),
  );

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.floor(share * (sorted.length - 1))] ?? null;

const server = await privatePostgres({ fsync: true, settings: { max_connections: '300' } });
if (server === null) throw new Error('this measurement needs PostgreSQL');
const directory = await mkdtemp(join(tmpdir(), 'nascent-scale-'));
try {
  const url = `${server.url(await server.createDatabase())}/scale`;
  const file = join(directory, 'scale.config.json');
  await writeFile(file, JSON.stringify(config));
  const share = (count: string, of: number) => Math.ceil(of / Number(count));
  const first = nascent(
    'controller',
    file,
    '--study',
    url,
    '--replicas',
    String(number('replicas')),
    '--log',
    'json',
  );
  const controllers = [first];
  const store = await openStore(url, { access: 'create', connections: 2 });
  // Workers join a study that is there.
  while (
    (await store.studies()).length === 0 ||
    (await store.shared.sharing((await store.study()).id)) === null
  ) {
    await sleep(50);
  }
  const { id: study } = await store.study();
  for (let more = 1; more < number('controllers'); more++) {
    controllers.push(
      nascent('controller', file, '--study', url, '--replicas', String(number('replicas')), '--log', 'json'),
    );
  }
  const workers = Array.from({ length: number('workers') }, () =>
    nascent(
      ...[
        'worker',
        '--study',
        url,
        '--slots',
        String(share(values.workers, number('slots'))),
        '--log',
        'json',
      ],
      ...['--allow', config.evaluator.use],
    ),
  );
  const processes = [...controllers, ...workers];
  const spent = new Map<number, number>();
  const watching = setInterval(() => {
    for (const { pid, exitCode } of processes) {
      if (pid !== undefined && exitCode === null) {
        try {
          spent.set(pid, processorSeconds(pid));
        } catch {
          // It has just ended: what was read last stands.
        }
      }
    }
  }, 500);
  const databaseBefore = databaseSeconds(server.directory);
  const codes = await Promise.all(processes.map(ended));
  clearInterval(watching);
  const databaseAfter = databaseSeconds(server.directory);
  const trials = await store.trials(study);
  const gradients = await store.shared.gradients(study);
  const times = (which: 'startedAt' | 'finishedAt') => trials.map((trial) => Date.parse(trial[which] ?? ''));
  const elapsed = (Math.max(...times('finishedAt')) - Math.min(...times('startedAt'))) / 1000;
  const childSeconds = trials.reduce((sum, { facts }) => sum + (facts['childSeconds'] ?? 0), 0);
  const faster = number('faster');
  const cpu = (group: readonly ChildProcess[]) =>
    group.reduce((sum, { pid }) => sum + (spent.get(pid ?? 0) ?? 0), 0);
  const coordinating = cpu(processes) + databaseAfter - databaseBefore;
  const staleness = gradients
    .map((gradient) => gradient.staleness.reduce((sum, value) => sum + value, 0) / gradient.staleness.length)
    .sort((a, b) => a - b);
  const sizes = await server.query(
    new URL(url.replace('postgres:', 'http:')).pathname.split('/')[1] ?? '',
    'select xact_commit, xact_rollback, pg_database_size(datname) as bytes from pg_stat_database where datname = current_database()',
  );
  const results = {
    command: process.argv.slice(2).join(' '),
    machine: `${cpus().length} × ${cpus()[0]?.model}`,
    exitCodes: codes,
    completed: trials.filter((trial) => trial.state === 'completed').length,
    attempts: trials.reduce((sum, trial) => sum + trial.attempt, 0),
    elapsedSeconds: elapsed,
    idealSeconds: childSeconds / faster / number('slots'),
    trialsPerSecond: trials.length / elapsed,
    busySlots: childSeconds / faster / (elapsed * number('slots')),
    overheadMsPerChild: (1000 * (elapsed * number('slots') - childSeconds / faster)) / trials.length,
    processorSeconds: {
      controllers: cpu(controllers),
      workers: cpu(workers),
      database: databaseAfter - databaseBefore,
      perChildMs: (1000 * coordinating) / trials.length,
      shareOfChildTime: coordinating / childSeconds,
    },
    database: { ...sizes[0], transactionsPerSecond: Number(sizes[0]?.['xact_commit'] ?? 0) / elapsed },
    gradients: gradients.length,
    staleness: {
      mean: staleness.reduce((sum, value) => sum + value, 0) / staleness.length,
      median: quantile(staleness, 0.5),
      p90: quantile(staleness, 0.9),
      max: staleness.at(-1) ?? null,
    },
    best: Math.max(...trials.map((trial) => trial.score?.value ?? 0)),
    meanRewardOfLastTenth:
      trials.slice(-Math.ceil(trials.length / 10)).reduce((sum, trial) => sum + (trial.reward ?? 0), 0) /
      Math.ceil(trials.length / 10),
  };
  console.log(JSON.stringify(results, null, 2));
  await store.close();
} finally {
  await server.dispose();
  await rm(directory, { recursive: true });
}
