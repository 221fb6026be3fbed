import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogue } from '../dataset/index.ts';
import { messageOf } from '../errors.ts';
import { openStore } from '../store/open-store.ts';
import type { CliContext } from './context.ts';
import { advice, type HealthCheck, missing, ok } from './health-check.ts';

const enoughBytes = 2e9; // a data set with its download, and studies

/** File systems over a network, by their magic number in `statfs`: SQLite's locks and WAL do not hold there. */
const network = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
]);

/** Makes a study file in the working directory, as a search would, and removes it. */
export async function checkStore({ cwd }: CliContext): Promise<HealthCheck> {
  const path = join(cwd, `.nascent-doctor-${process.pid}.db`);
  try {
    const store = await openStore(path, { access: 'create' });
    await store.close();
    const ms = await durableWriteMs(path);
    const kind = network.get((await statfs(cwd)).type);
    const found = `a study file can be made in ${cwd}; a durable write takes ${ms.toFixed(1)} ms`;
    if (kind === undefined) return ok('store', found);
    return advice(
      'store',
      `${found}; but this is ${kind}`,
      'keep study files on a local disk, with --study FILE',
    );
  } catch (thrown) {
    return missing(
      'store',
      messageOf(thrown),
      'start nascent in a directory that you may write to, or use --study',
    );
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal'])
      await rm(`${path}${end}`, { force: true }).catch(() => {});
  }
}

async function durableWriteMs(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    const page = Buffer.alloc(4096);
    const startedAt = performance.now();
    for (let i = 0; i < 5; i++) {
      await file.write(page, 0, page.length, 0);
      await file.datasync();
    }
    return (performance.now() - startedAt) / 5;
  } finally {
    await file.close();
  }
}

export async function checkDiskSpace({ cwd }: CliContext): Promise<HealthCheck> {
  try {
    const { bavail, bsize } = await statfs(cwd);
    const free = bavail * bsize;
    const found = `${(free / 1e9).toFixed(1)} GB free in ${cwd}`;
    return free >= enoughBytes
      ? ok('disk space', found)
      : advice('disk space', found, 'free some space: 2 GB is enough');
  } catch (thrown) {
    return advice('disk space', messageOf(thrown), 'check the working directory');
  }
}

/** A data set that is not here is no fault: an evaluator of one's own needs none of them. */
export function checkData(context: CliContext): readonly HealthCheck[] {
  return catalogue(context).map(({ kind, name, path }) =>
    path === null
      ? advice(
          `data ${name}`,
          'not here',
          kind === 'images'
            ? `nascent data fetch ${name}`
            : 'needed for that text alone; nascent data fetch says where a copy goes',
        )
      : ok(`data ${name}`, `in ${path} (check it with: nascent data verify ${name})`),
  );
}
