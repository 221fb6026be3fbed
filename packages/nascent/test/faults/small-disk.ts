import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';

/** A disk of a few megabytes that a test fills. */
export interface SmallDisk {
  readonly path: string;
  /** Fills it up, but for so many bytes (in pages of 4096). */
  fill(leavingBytes: number): void;
  /** Makes room again. */
  free(): void;
  freeBytes(): number;
  remove(): void;
}

/**
 * Mounts a disk in memory at `path`. Needs root.
 * @returns null where that cannot be had, which is said aloud: full disks are skipped then
 */
export async function smallDisk(path: string, mebibytes: number): Promise<SmallDisk | null> {
  await mkdir(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0777`, 'nascent-test', path], {
      stdio: 'pipe',
    });
  } catch (cause) {
    const words = cause instanceof Error ? cause.message.trim() : String(cause);
    console.warn(
      `\n*** No disk can be mounted here (${words}): full disks ARE SKIPPED. They need root. ***\n`,
    );
    return null;
  }
  const unmount = () => void execFileSync('umount', ['-l', path], { stdio: 'pipe' });
  const forget = atExit(unmount);
  const filler = join(path, 'filler');
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  return {
    path,
    freeBytes,
    fill(leavingBytes) {
      const block = Buffer.alloc(4096);
      const file = openSync(filler, 'a');
      try {
        while (freeBytes() > leavingBytes) writeSync(file, block);
      } catch (thrown) {
        // Somebody else took the last page: it is as full as it can be.
        if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC')) throw thrown;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => {
      forget();
      unmount();
    },
  };
}

/** Whether `smallDisk` works here; where not, it has said so. */
export async function disksCanBeMade(): Promise<boolean> {
  const path = await mkdtemp(join(tmpdir(), 'nascent-disk-'));
  const disk = await smallDisk(path, 1);
  disk?.remove();
  await rmdir(path);
  return disk !== null;
}
