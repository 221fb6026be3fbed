/**
 * The entry of a process that computes whole runs of a comparison; `worker-process.ts` starts it. Its argument is
 * the parent's process id.
 */
import { becomeWorker } from './become-worker.ts';
import { runOrderSchema } from './run-messages.ts';
import { RunSession } from './run-session.ts';

becomeWorker(Number(process.argv[2]));

const session = new RunSession((word) => void process.send?.(word));

process.on('message', (message: unknown) => {
  // A rejection is a fault of ours; it ends the process, and the comparison reports it.
  void session.obey(runOrderSchema.parse(message));
});
