import { BatchNorm2d, GlobalAvgPool2d, Linear, Module, type Tensor } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { imagesOfNoise } from '../../test/measured-training.ts';
import { classify, EVALUATION_BATCH } from './classify.ts';

/** Batch normalisation, which tells training from evaluation, and a classifier. */
class Normalised extends Module {
  readonly norm = this.child('norm', new BatchNorm2d(3));
  readonly linear = this.child('linear', new Linear(3, 4));
  readonly #pool = new GlobalAvgPool2d();
  forward(images: Tensor): Tensor {
    return this.linear.forward(this.#pool.forward(this.norm.forward(images)));
  }
}

describe('classifying', () => {
  const count = EVALUATION_BATCH + 7;
  const all = Int32Array.from({ length: count }, (_, i) => i);

  it('sees every example once, with the running statistics, which stay as they are', async () => {
    const data = imagesOfNoise({ channels: 3, height: 4, width: 4, classes: 4 }, count);
    const network = new Normalised();
    network.norm.runningMean.fill_(0.25);
    const statistics = network.norm.runningMean.toFloat32();
    const predictedIn = async (examples: Int32Array): Promise<number[]> => {
      const found: number[] = [];
      await classify(
        network,
        data,
        examples,
        'float32',
        async () => {},
        (predicted, labels) => {
          expect(labels.shape).toEqual(predicted.shape);
          found.push(...predicted.toNumbers());
        },
      );
      return found;
    };
    const together = await predictedIn(all);
    expect(together).toHaveLength(count);
    expect(network.norm.runningMean.toFloat32()).toEqual(statistics);
    // In training mode an example's class would depend on the others of its batch.
    for (const i of [0, 3, 251]) expect(await predictedIn(Int32Array.of(i))).toEqual([together[i]]);
    expect(network.training).toBe(true);
    network.dispose();
    data.dispose();
  });
});
