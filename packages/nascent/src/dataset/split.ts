import { randomStream } from '../random.ts';
import { DatasetError } from './errors.ts';

/** Which examples train and which validate: indices into a data set, in random order. */
export interface TrainValidationSplit {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

export interface SplitOptions {
  /** Names the random permutation. */
  readonly seed: number;
  /** A count (integer ≥ 1) or a fraction of all examples in (0, 1). Default 0.1 (CIFAR-10: 5,000 of 50,000). */
  readonly validation?: number | undefined;
  /** A count or a fraction, likewise. Default: all that validation leaves. */
  readonly train?: number | undefined;
  /** Labels by which to stratify: each class is then drawn in proportion to its frequency. */
  readonly labels?: Uint8Array | undefined;
}

function resolveCount(what: string, size: number, examples: number): number {
  const count = size > 0 && size < 1 ? Math.round(size * examples) : size;
  if (Number.isInteger(count) && count >= 1 && count <= examples) return count;
  throw new DatasetError(
    'SPLIT_INVALID',
    `${what} is ${size}, which gives ${count} of ${examples} examples; expected a count from 1 to ${examples} or a fraction between 0 and 1.`,
  );
}

/**
 * An order of all examples such that every prefix (and every slice) has the classes nearly in proportion:
 * each class's k-th example (in the class's random order) stands at (k + ½) / size of class, ties by the
 * permutation.
 */
function stratifiedOrder(order: Int32Array, labels: Uint8Array): Int32Array {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const seen = new Map<number, number>();
  const positions = new Float64Array(labels.length);
  for (const index of order) {
    const label = labels[index] as number;
    const rank = seen.get(label) ?? 0;
    seen.set(label, rank + 1);
    positions[index] = (rank + 0.5) / (sizes.get(label) as number);
  }
  // Stable: examples at the same position keep the order of the permutation.
  return order.slice().sort((a, b) => (positions[a] as number) - (positions[b] as number));
}

/**
 * A seeded random split of `examples` examples into training and validation (Zoph & Le 2017, §4.1).
 *
 * Validation is the first part of the permutation and training follows it, so that another number of training
 * examples leaves the validation examples as they are, and fewer training examples are a prefix of more.
 * @throws DatasetError `SPLIT_INVALID` where sizes do not fit
 */
export function splitExamples(examples: number, options: SplitOptions): TrainValidationSplit {
  if (options.labels !== undefined && options.labels.length !== examples) {
    throw new DatasetError(
      'SPLIT_INVALID',
      `${options.labels.length} labels were given for ${examples} examples; expected one for each.`,
    );
  }
  const validation = resolveCount('the size of the validation split', options.validation ?? 0.1, examples);
  const train =
    options.train === undefined
      ? examples - validation
      : resolveCount('the size of the training split', options.train, examples);
  if (train < 1 || train + validation > examples) {
    throw new DatasetError(
      'SPLIT_INVALID',
      `${train} training and ${validation} validation examples do not fit into ${examples}; expected at least one of each and at most ${examples} together.`,
    );
  }
  const permutation = randomStream(options.seed, 'split', examples).permutation(examples);
  const order = options.labels === undefined ? permutation : stratifiedOrder(permutation, options.labels);
  return { validation: order.slice(0, validation), train: order.slice(validation, validation + train) };
}
