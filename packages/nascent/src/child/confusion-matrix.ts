import { noGrad, scope } from '@nascent/torch';
import { EVALUATION_BATCH } from './accuracy.ts';
import { type Pause, walkBatches } from './batch-walk.ts';
import { type Classifier, inPrecision, usesChannelsLast } from './classifier.ts';
import type { ImageTensors } from './image-tensors.ts';
import type { Recipe } from './recipe.ts';

/** How many examples of each class (row) were taken for each class (column); [classes][classes]. */
export type ConfusionMatrix = readonly (readonly number[])[];

/**
 * Classifies the examples in evaluation mode (running statistics in batch norm). Leaves the network in training
 * mode.
 */
export async function confusionMatrixOf(
  network: Classifier,
  data: ImageTensors,
  examples: Int32Array,
  precision: Recipe['precision'],
  pause: Pause,
): Promise<ConfusionMatrix> {
  const counts = Array.from({ length: data.classes }, () => Array<number>(data.classes).fill(0));
  const batches = data.batches(usesChannelsLast(data.device, precision));
  network.train(false);
  try {
    await walkBatches(batches, examples, EVALUATION_BATCH, pause, () => {
      scope(() =>
        noGrad(() => {
          const { images, labels } = batches.take();
          const logits = inPrecision(data.device, precision, () => network.forward(images));
          const predicted = logits.argmax(1).toArray();
          for (const [i, label] of labels.toArray().entries()) {
            const row = counts[Number(label)];
            const column = Number(predicted[i]);
            if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
          }
        }),
      );
      return true;
    });
    return counts;
  } finally {
    network.train(true);
    batches.dispose();
  }
}

/** The fraction on the diagonal, in [0, 1]. NaN where there are no examples. */
export function accuracyOfConfusion(matrix: ConfusionMatrix): number {
  const all = matrix.flat().reduce((sum, count) => sum + count, 0);
  return matrix.reduce((sum, row, label) => sum + (row[label] ?? 0), 0) / all;
}
