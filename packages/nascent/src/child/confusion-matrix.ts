import type { Pause } from './batch-walk.ts';
import type { Classifier } from './classifier.ts';
import { classify } from './classify.ts';
import type { ImageTensors } from './image-tensors.ts';
import type { Recipe } from './recipe.ts';

/** How many examples of each class (row) were taken for each class (column); [classes][classes]. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** Counts what each example was taken for; see `classify`. */
export async function confusionMatrixOf(
  network: Classifier,
  data: ImageTensors,
  examples: Int32Array,
  precision: Recipe['precision'],
  pause: Pause,
): Promise<ConfusionMatrix> {
  const counts = Array.from({ length: data.classes }, () => Array<number>(data.classes).fill(0));
  await classify(network, data, examples, precision, pause, (predicted, labels) => {
    const columns = predicted.toArray();
    for (const [i, label] of labels.toArray().entries()) {
      const row = counts[Number(label)];
      const column = Number(columns[i]);
      if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
    }
  });
  return counts;
}

/** The fraction on the diagonal, in [0, 1]. NaN where there are no examples. */
export function accuracyOfConfusion(matrix: ConfusionMatrix): number {
  const all = matrix.flat().reduce((sum, count) => sum + count, 0);
  return matrix.reduce((sum, row, label) => sum + (row[label] ?? 0), 0) / all;
}
