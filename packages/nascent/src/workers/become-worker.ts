import { writeFileSync } from 'node:fs';
import { dieWithParent } from './parent-watch.ts';

/**
 * What every worker process does first.
 * @param parent the parent's process id, as the parent said it
 */
export function becomeWorker(parent: number): void {
  dieWithParent(parent);

  // Where memory runs out, the kernel shall end the child that asked for it and not the study.
  try {
    writeFileSync('/proc/self/oom_score_adj', '500');
  } catch {
    // not Linux
  }

  // These reach the whole process group (Ctrl-C, a closed terminal, a service manager); the parent decides what
  // becomes of the work, and ends its workers itself.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}
