import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { type SecondMachine, secondMachine } from '../faults/network.ts';
import { fixtures } from '../fixtures/paths.ts';
import { privatePostgres } from '../postgres-server.ts';

/*
 * The commands of the README, on three machines: a controller here, a worker on each of three network namespaces, one
 * PostgreSQL between them; real children on real images.
 */

const binary = fileURLToPath(new URL('../../bin/nascent.js', import.meta.url));
const trials = 9;
const config = {
  space: {
    use: 'convolutional',
    options: { filterHeight: [1, 3], filterWidth: [1, 3], filterCount: [4, 8] },
    arguments: { layers: 2 },
  },
  evaluator: {
    use: 'image-classifier',
    options: { dataset: { path: fixtures.cifar10, validationExamples: 40 }, epochs: 2, batchSize: 20 },
  },
  strategy: { use: 'policy-gradient', options: { preset: 'paper', batchSize: 3 } },
  parallel: { shards: 4 },
  trials,
};

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function ending(child: ChildProcess): Promise<Ended> {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => (output += String(text)));
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, output })));
}

/** Three further machines; null where this one cannot have them, which is said aloud. */
function threeMachines(): readonly SecondMachine[] | null {
  const machines: SecondMachine[] = [];
  while (machines.length < 3) {
    const machine = secondMachine();
    if (machine === null) return null;
    machines.push(machine);
  }
  return machines;
}

const machines = threeMachines();
const server = machines === null ? null : await privatePostgres({ trusted: '10.0.0.0/8' });

describe.skipIf(machines === null || server === null)('a search on three machines', () => {
  it('is begun by a controller and completed by the workers of all three', async () => {
    if (machines === null || server === null) throw new Error('it is skipped without them');
    const directory = await mkdtemp(join(tmpdir(), 'nascent-machines-'));
    try {
      const file = join(directory, 'search.config.json');
      await writeFile(file, JSON.stringify(config));
      const local = server.url(await server.createDatabase());
      const study = (host: string) => `${local.replace('127.0.0.1', host)}/first`;
      const here = study('127.0.0.1');
      const env = { ...process.env, OMP_NUM_THREADS: '1' };
      const controller = ending(
        spawn(process.execPath, [binary, 'controller', file, '--study', here, '--replicas', '2'], { env }),
      );
      const store = await openStore(here, { access: 'create' });
      try {
        while ((await store.studies()).length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
        const { id } = await store.study('first');
        while ((await store.shared.sharing(id)) === null)
          await new Promise((resolve) => setTimeout(resolve, 50));
        const workers = machines.map(({ prefix, address }) => {
          const words = ['worker', '--study', study(address), '--threads', '1', '--heartbeat', '1000'];
          const [program = '', ...rest] = [...prefix, process.execPath, binary, ...words];
          return ending(spawn(program, rest, { env }));
        });
        for (const { code, output } of await Promise.all([controller, ...workers]))
          expect(code, output).toBe(0);
        const done = await store.trials(id);
        expect(done.map(({ number, state }) => [number, state])).toEqual(
          Array.from({ length: trials }, (_, k) => [k + 1, 'completed']),
        );
        const names = (await store.shared.workers(id)).map((worker) => worker.worker);
        for (const { score, epochs, worker } of done) {
          expect(epochs).toBe(2);
          expect(names).toContain(worker?.name);
          expect(worker).toMatchObject({ threads: 1, device: 'cpu' });
          expect(score).toMatchObject({ split: 'validation', metric: 'accuracy' });
        }
        const joined = await store.shared.workers(id);
        expect(joined.map(({ state }) => state)).toEqual(['left', 'left', 'left']);
        expect(joined.reduce((sum, { activity }) => sum + activity.finished, 0)).toBe(trials);
        expect((await store.study('first')).datasetChecksum).toMatch(/^[0-9a-f]{64}$/);
      } finally {
        await store.close();
      }
    } finally {
      for (const machine of machines) machine.remove();
      await server.dispose();
      await rm(directory, { recursive: true });
    }
  }, 180_000);
});
