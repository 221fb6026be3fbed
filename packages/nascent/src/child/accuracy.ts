import { keep, noGrad, scope, zeros } from '@nascent/torch';
import { type Pause, walkBatches } from './batch-walk.ts';
import { type Classifier, inPrecision, usesChannelsLast } from './classifier.ts';
import type { ImageTensors } from './image-tensors.ts';
import type { Recipe } from './recipe.ts';

/** Large enough to keep every core busy, small enough for the memory of a laptop. */
export const EVALUATION_BATCH = 250;

/**
 * The fraction of the examples whose largest logit is their label's, in evaluation mode (running statistics in
 * batch norm). Leaves the network in training mode.
 */
export async function accuracyOf(
  network: Classifier,
  data: ImageTensors,
  examples: Int32Array,
  precision: Recipe['precision'],
  pause: Pause,
): Promise<number> {
  const correct = keep(zeros([], { dtype: 'int64', device: data.device }));
  const batches = data.batches(usesChannelsLast(data.device, precision));
  network.train(false);
  try {
    await walkBatches(batches, examples, EVALUATION_BATCH, pause, () => {
      scope(() =>
        noGrad(() => {
          const { images, labels } = batches.take();
          const logits = inPrecision(data.device, precision, () => network.forward(images));
          correct.add_(logits.argmax(1).eq(labels).sum());
        }),
      );
      return true;
    });
    return correct.item() / examples.length;
  } finally {
    network.train(true);
    batches.dispose();
    correct.dispose();
  }
}
