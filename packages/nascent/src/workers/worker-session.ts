import { EarlyStop } from '../evaluation/early-stop.ts';
import { type Evaluator, factsOf } from '../evaluation/evaluator.ts';
import { parseEpochReport, parseEvaluation } from '../evaluation/parse.ts';
import type { EvaluatorReference, EvaluatorSurroundings } from './evaluator-module.ts';
import type { Order, Word } from './messages.ts';
import { codeOf, describeThrown } from './thrown-words.ts';

/** What a worker's session needs of its process. */
export interface SessionEdge {
  /** @param sent called once the word is on its way */
  say(word: Word, sent?: () => void): void;
  load(reference: EvaluatorReference, surroundings: EvaluatorSurroundings): Promise<Evaluator>;
  exit(code: number): void;
}

interface RunningJob {
  readonly trial: number;
  readonly attempt: number;
  readonly abort: AbortController;
}

/** The worker's half of the conversation: one evaluator, loaded once, one job at a time. */
export class WorkerSession {
  readonly #edge: SessionEdge;
  #evaluator: Evaluator | null = null;
  #running: RunningJob | null = null;

  constructor(edge: SessionEdge) {
    this.#edge = edge;
  }

  /** Does what the pool says. Resolves when it is done; never rejects because of the evaluator. */
  async obey(order: Order): Promise<void> {
    switch (order.kind) {
      case 'open':
        return this.#open(order);
      case 'evaluate':
        return this.#evaluate(order);
      case 'abort':
        return this.#abort(order, abortReason(order.reason));
      case 'stop':
        return this.#abort(order, new EarlyStop(order.outcome));
      case 'close':
        this.#evaluator?.dispose();
        this.#edge.exit(0);
    }
  }

  #abort({ trial, attempt }: { readonly trial: number; readonly attempt: number }, reason: Error): void {
    const job = this.#running;
    if (job?.trial === trial && job.attempt === attempt) job.abort.abort(reason);
  }

  async #open(order: Extract<Order, { kind: 'open' }>): Promise<void> {
    const { evaluator, threads, configDirectory, memoryMiB, device, checkpointDirectory } = order;
    try {
      const loaded = await this.#edge.load(evaluator, {
        threads,
        configDirectory,
        memoryMiB,
        ...(device === undefined ? {} : { device }),
        ...(checkpointDirectory === undefined ? {} : { checkpointDirectory }),
      });
      this.#evaluator = loaded;
      this.#edge.say({ kind: 'opened', facts: factsOf(loaded) });
    } catch (thrown) {
      this.#edge.say({
        kind: 'refused',
        code: codeOf(thrown, 'EVALUATOR_NOT_LOADED'),
        message: describeThrown(thrown),
      });
    }
  }

  async #evaluate(order: Extract<Order, { kind: 'evaluate' }>): Promise<void> {
    const { trial, attempt, seed, architecture } = order;
    const evaluator = this.#evaluator;
    if (evaluator === null) throw new Error('the pool sent a job before the evaluator was loaded');
    const job: RunningJob = { trial, attempt, abort: new AbortController() };
    this.#running = job;
    const say = this.#edge.say;
    const report = (epoch: unknown) => {
      const parsed = parseEpochReport(epoch, `trial ${trial}`);
      if (this.#running === job) say({ kind: 'epoch', trial, attempt, report: parsed });
    };

    say({ kind: 'begun', trial, attempt });
    const startedAt = performance.now();
    try {
      const returned: unknown = await evaluator.evaluate(architecture, {
        seed,
        report,
        signal: job.abort.signal,
      });
      const evaluatorMs = performance.now() - startedAt;
      say({
        kind: 'evaluated',
        trial,
        attempt,
        evaluation: parseEvaluation(returned, `trial ${trial}`),
        evaluatorMs,
      });
    } catch (thrown) {
      const message = describeThrown(thrown);
      // Whatever this process asks of the device from now on fails: a successor begins anew.
      const lost = codeOf(thrown, '') === 'DEVICE_FAILED';
      say({ kind: 'threw', trial, attempt, message }, lost ? () => this.#edge.exit(1) : undefined);
    } finally {
      this.#running = null;
    }
  }
}

/** As `AbortSignal.timeout` does it: a reason named TimeoutError for lack of time, AbortError otherwise. */
function abortReason(reason: 'cancelled' | 'out-of-time'): Error {
  const late = reason === 'out-of-time';
  const why = new Error(late ? 'the time limit of the trial has passed' : 'the trial was cancelled');
  why.name = late ? 'TimeoutError' : 'AbortError';
  return why;
}
