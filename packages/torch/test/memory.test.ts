import {
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  Flatten,
  Generator,
  Linear,
  liveTensors,
  MaxPool2d,
  nativeBytes,
  ReLU,
  randn,
  Sequential,
  SGD,
  scope,
  setThreads,
  tensor,
} from '@nascent/torch';
import { describe, expect, it } from 'vitest';

describe('memory', () => {
  it('› 200 training steps leave live tensors and native bytes where they were', () => {
    setThreads(1);
    const generator = new Generator(1);
    const net = new Sequential([
      new Conv2d(3, 8, 3, { padding: 'same', generator }),
      new BatchNorm2d(8),
      new ReLU(),
      new Conv2d(8, 8, 3, { padding: 'same', stride: 2, generator }),
      new ReLU({ inPlace: true }),
      new MaxPool2d(2),
      new Flatten(),
      new Linear(8 * 4 * 4, 10, { generator }),
    ]);
    const optimiser = new SGD(net.parameters(), { learningRate: 0.01, momentum: 0.9, nesterov: true });
    const images = randn([16, 3, 16, 16], { generator });
    const labels = tensor(
      Array.from({ length: 16 }, (_, i) => i % 10),
      { dtype: 'int64' },
    );
    const step = (): number =>
      scope(() => {
        const loss = crossEntropy(net.forward(images), labels);
        optimiser.zeroGrad();
        loss.backward();
        optimiser.step();
        return loss.item();
      });

    const first = step(); // gradients exist from here on
    step();
    const live = liveTensors();
    const bytes = nativeBytes();
    let last = first;
    for (let i = 0; i < 200; i++) {
      last = step();
      expect(liveTensors()).toBe(live);
      // The allocator rounds each block up as it sees fit; one leaked number a step would be 10,000 bytes.
      expect(nativeBytes()).toBeLessThan(bytes + 4096);
    }
    expect(last).toBeLessThan(first);

    net.dispose();
    optimiser.dispose();
    images.dispose();
    labels.dispose();
    expect(liveTensors()).toBe(0);
  });
});
