import {
  type JobHandler,
  jobKey,
  type TrialConsumer,
  type TrialJob,
  type TrialQueue,
} from './trial-queue.ts';

/** A queue in the memory of one process, with its own consumer: for a shared study whose replicas and workers are one process. */
export interface LocalQueue extends TrialQueue {
  /** Begins to hand out jobs, `slots` at a time. An error of the handler ends the consumer and is thrown by its `done`. */
  consume(slots: number, handler: JobHandler): TrialConsumer & { readonly done: Promise<void> };
}

export function openLocalQueue(): LocalQueue {
  const waiting = new Map<string, TrialJob>();
  const active = new Map<string, TrialJob>();
  let wake: () => void = () => {};

  return {
    async add(jobs) {
      for (const job of jobs) {
        const key = jobKey(job);
        if (!active.has(key)) waiting.set(key, job);
      }
      wake();
    },
    held: async () => new Set([...waiting.keys(), ...active.keys()]),
    counts: async () => ({ waiting: waiting.size, active: active.size }),
    consume(slots, handler) {
      let closing = false;
      const running = new Set<Promise<void>>();
      const next = (): TrialJob | null => {
        // The lowest number first: the order of drawing.
        const [first] = [...waiting.values()].sort((a, b) => a.number - b.number);
        if (first === undefined) return null;
        waiting.delete(jobKey(first));
        active.set(jobKey(first), first);
        return first;
      };
      const loop = async () => {
        let fault: { readonly thrown: unknown } | null = null;
        while (!closing && fault === null) {
          const job = running.size < slots ? next() : null;
          if (job === null) {
            await Promise.race([new Promise<void>((resolve) => (wake = resolve)), ...running]);
            continue;
          }
          const ending = handler(job)
            .catch((thrown: unknown) => {
              fault ??= { thrown };
            })
            .finally(() => {
              active.delete(jobKey(job));
              running.delete(ending);
            });
          running.add(ending);
        }
        await Promise.all(running);
        if (fault !== null) throw (fault as { readonly thrown: unknown }).thrown;
      };
      const done = loop();
      done.catch(() => {}); // whoever awaits `done` hears of it
      return {
        done,
        async close() {
          closing = true;
          wake();
          await done;
        },
      };
    },
    async close() {
      waiting.clear();
      wake();
    },
  };
}
