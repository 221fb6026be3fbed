import { readFile } from 'node:fs/promises';

const periodMs = 100;

/**
 * Resident memory of a process in MiB, or null where the system does not tell (not Linux, or the process is
 * gone). From `/proc/PID/status`, whose unit does not depend on the page size as that of `statm` does.
 */
export async function residentMiB(pid: number): Promise<number | null> {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) / 1024;
  } catch {
    return null;
  }
}

/**
 * Calls `over` once when the process holds more resident memory than the limit.
 *
 * V8's own limit does not help: it does not count buffers and tensors.
 * @returns stops the watch
 */
export function watchMemory(pid: number, limitMiB: number, over: (foundMiB: number) => void): () => void {
  let stopped = false;
  const timer = setInterval(() => {
    void residentMiB(pid).then((found) => {
      if (stopped || found === null || found <= limitMiB) return;
      stop();
      over(found);
    });
  }, periodMs);
  const stop = () => {
    stopped = true;
    clearInterval(timer);
  };
  return stop;
}
