/**
 * The entry of a worker process; `worker-process.ts` starts it. Its argument is the parent's process id.
 * Nothing here loads the engine: the evaluator's module does, if it needs one.
 */
import { becomeWorker } from './become-worker.ts';
import { loadEvaluator } from './evaluator-module.ts';
import { orderSchema } from './messages.ts';
import { WorkerSession } from './worker-session.ts';

becomeWorker(Number(process.argv[2]));

const session = new WorkerSession({
  say: (word, sent) => void process.send?.(word, undefined, undefined, sent),
  load: loadEvaluator,
  exit: (code) => process.exit(code),
});

process.on('message', (message: unknown) => {
  // Orders do not wait for each other: an abort must reach a job that is running. A rejection is a fault of
  // ours; it ends the process, and the pool reports it.
  void session.obey(orderSchema.parse(message));
});
