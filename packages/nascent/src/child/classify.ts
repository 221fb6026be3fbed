import { noGrad, scope, type Tensor } from '@nascent/torch';
import { type Pause, walkBatches } from './batch-walk.ts';
import { type Classifier, inPrecision, usesChannelsLast } from './classifier.ts';
import type { ImageTensors } from './image-tensors.ts';
import type { Recipe } from './recipe.ts';

/** Large enough to keep every core busy, small enough for the memory of a laptop. */
export const EVALUATION_BATCH = 250;

/**
 * Classifies the examples, batch by batch, in evaluation mode (running statistics in batch norm). Leaves the network in
 * training mode.
 * @param use gets the predicted and the true classes of each batch, int64 [B]; they belong to its scope
 */
export async function classify(
  network: Classifier,
  data: ImageTensors,
  examples: Int32Array,
  precision: Recipe['precision'],
  pause: Pause,
  use: (predicted: Tensor, labels: Tensor) => void,
): Promise<void> {
  const batches = data.batches(usesChannelsLast(data.device, precision));
  network.train(false);
  try {
    await walkBatches(batches, examples, EVALUATION_BATCH, pause, () => {
      scope(() =>
        noGrad(() => {
          const { images, labels } = batches.take();
          const logits = inPrecision(data.device, precision, () => network.forward(images));
          use(logits.argmax(1), labels);
        }),
      );
      return true;
    });
  } finally {
    network.train(true);
    batches.dispose();
  }
}
