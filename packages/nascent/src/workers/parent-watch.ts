import { Worker } from 'node:worker_threads';

/** How often the parent is looked for. A worker is gone at most this long after its parent. */
const periodMs = 250;

// A thread of its own: the main thread may be in native code for seconds, and a timer there would not fire.
// Plain JavaScript as text, so that it starts at once and is the same from sources and from dist.
const watch = `
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL');
}, workerData.periodMs);
`;

/**
 * Ends this process soon after its parent has gone, even if the main thread is busy. An orphan has nobody to
 * report to, and would burn a core for ever.
 * @param parent the parent's process id, as the parent said it: if it is already wrong, the parent has gone
 */
export function dieWithParent(parent: number): void {
  const thread = new Worker(watch, { eval: true, workerData: { parent, periodMs }, execArgv: [], env: {} });
  thread.unref();
  // The channel closes when the parent ends; an idle worker notices here, at once. There is nothing to save.
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
