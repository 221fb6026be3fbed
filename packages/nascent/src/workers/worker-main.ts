/**
 * The entry of a worker process; `worker-process.ts` starts it. Its argument is the parent's process id.
 * Nothing here loads the engine: the evaluator's module does, if it needs one.
 */
import { writeFileSync } from 'node:fs';
import { loadEvaluator } from './evaluator-module.ts';
import { orderSchema } from './messages.ts';
import { dieWithParent } from './parent-watch.ts';
import { WorkerSession } from './worker-session.ts';

dieWithParent(Number(process.argv[2]));

// Where memory runs out, the kernel shall end the child that asked for it and not the study.
try {
  writeFileSync('/proc/self/oom_score_adj', '500');
} catch {
  // not Linux
}

// These reach the whole process group (Ctrl-C, a closed terminal, a service manager); the parent decides what
// becomes of the trial, and ends its workers itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const session = new WorkerSession({
  say: (word) => void process.send?.(word),
  load: loadEvaluator,
  exit: (code) => process.exit(code),
});

process.on('message', (message: unknown) => {
  // Orders do not wait for each other: an abort must reach a job that is running. A rejection is a fault of
  // ours; it ends the process, and the pool reports it.
  void session.obey(orderSchema.parse(message));
});
