import { keep, zeros } from '@nascent/torch';
import type { Pause } from './batch-walk.ts';
import type { Classifier } from './classifier.ts';
import { classify } from './classify.ts';
import type { ImageTensors } from './image-tensors.ts';
import type { Recipe } from './recipe.ts';

/** The fraction of the examples whose largest logit is their label's, in [0, 1]; see `classify`. */
export async function accuracyOf(
  network: Classifier,
  data: ImageTensors,
  examples: Int32Array,
  precision: Recipe['precision'],
  pause: Pause,
): Promise<number> {
  // Summed on the device: reading it back after each batch would wait for it.
  const correct = keep(zeros([], { dtype: 'int64', device: data.device }));
  try {
    await classify(network, data, examples, precision, pause, (predicted, labels) => {
      correct.add_(predicted.eq(labels).sum());
    });
    return correct.item() / examples.length;
  } finally {
    correct.dispose();
  }
}
