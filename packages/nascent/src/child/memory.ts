import type { NetworkPlan } from '../search-space/index.ts';
import { EVALUATION_BATCH } from './classify.ts';
import { MemoryWalk } from './memory-walk.ts';
import type { Recipe } from './recipe.ts';

export interface TrainingMemoryOptions {
  /** Images of a training batch. */
  readonly batchSize: number;
  readonly precision: Recipe['precision'];
  /** Images that are scored after an epoch; more than a batch of them by default. */
  readonly evaluationExamples?: number;
  /** Images of the batch that latency is measured with; absent where it is not. */
  readonly latencyBatch?: number;
}

/**
 * The most bytes of tensors that training a network on the CPU holds at once, predicted from its plan before anything
 * is built: weights, gradients, momentum, two batches of images, the activations that autograd keeps, and the largest
 * transient, or an evaluation's batches where that is more. Within 20 % of `peakNativeBytes()` on one or two threads;
 * the data set is not counted, for it is not the child's.
 */
export function predictTrainingBytes(plan: NetworkPlan, options: TrainingMemoryOptions): number {
  const { batchSize, precision, evaluationExamples = Infinity, latencyBatch = 0 } = options;
  const { height, width, channels } = plan.image;
  const batchBytes = (images: number): number => images * height * width * channels * 4;
  // Weights and momentum, float32 in every precision; one batch more is being prepared.
  const lasting = 2 * 4 * plan.parameters;
  const step = new MemoryWalk(plan, batchSize, precision, true).peak() + batchBytes(batchSize);
  const scored = Math.min(EVALUATION_BATCH, evaluationExamples);
  const ahead = evaluationExamples > scored ? batchBytes(scored) : 0;
  const scoring = new MemoryWalk(plan, scored, precision, false).peak() + ahead;
  const timing = latencyBatch === 0 ? 0 : new MemoryWalk(plan, latencyBatch, precision, false).peak();
  return lasting + Math.max(step, scoring, timing);
}

/** Resident bytes for each predicted byte, and besides: an upper bound of what was measured (ADR 0062). */
const RESIDENT_FACTOR = 2.1;
const RESIDENT_BASE = 40 * 2 ** 20;

/**
 * How much a process that has its engine and data loaded grows at most while it trains, in bytes: the tensors, what
 * the allocator keeps between them, and code and workspaces of the convolutions.
 * @param trainingBytes from `predictTrainingBytes`
 */
export function predictResidentGrowth(trainingBytes: number): number {
  return RESIDENT_BASE + RESIDENT_FACTOR * trainingBytes;
}
