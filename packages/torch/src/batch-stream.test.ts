import { describe, expect, it } from 'vitest';
import { BatchStream, Generator, liveTensors, randint, scope, tensor, zeros } from './index.ts';

const mean = [0.4, 0.5];
const std = [0.2, 0.25];
const options = { mean, std };

describe('BatchStream', () => {
  for (const channelsLast of [false, true]) {
    it(`standardises as the tensor operators do, ${channelsLast ? 'channels last' : 'row-major'}`, () => {
      scope(() => {
        const images = randint(0, 256, [6, 2, 3, 4], { dtype: 'uint8', generator: new Generator(1) });
        const labels = tensor([5, 4, 3, 2, 1, 0], { dtype: 'int64' });
        const stream = new BatchStream(images, labels, { ...options, channelsLast });
        stream.prepare(Int32Array.of(3, 0, 3));
        stream.prepare([5]);
        const batch = stream.take();
        const chosen = images
          .indexSelect(0, tensor([3, 0, 3], { dtype: 'int64' }))
          .to('float32')
          .div(255);
        const wanted = chosen
          .sub(tensor(mean, { shape: [1, 2, 1, 1] }))
          .div(tensor(std, { shape: [1, 2, 1, 1] }));
        expect(batch.images.shape).toEqual([3, 2, 3, 4]);
        expect(batch.images.isContiguous({ channelsLast })).toBe(true);
        expect(batch.images.sub(wanted).abs().max().item()).toBeLessThan(1e-5);
        expect(batch.labels.toNumbers()).toEqual([2, 5, 2]);
        expect(stream.take().labels.toNumbers()).toEqual([0]);
        stream.dispose();
      });
    });
  }

  it('gives batches in the order asked for and frees those that nobody takes', () => {
    const before = liveTensors();
    scope(() => {
      const labels = Array.from({ length: 100 }, (_, i) => i);
      const stream = new BatchStream(
        zeros([100, 2, 8, 8], { dtype: 'uint8' }),
        tensor(labels, { dtype: 'int64' }),
        options,
      );
      for (const index of labels) stream.prepare([index]);
      for (const index of labels.slice(0, 60)) expect(stream.take().labels.item()).toBe(index);
      stream.dispose();
      expect(() => stream.take()).toThrow(/disposed/);
    });
    expect(liveTensors()).toBe(before);
  });

  it('refuses what it cannot read', () => {
    scope(() => {
      const images = zeros([2, 2, 1, 1], { dtype: 'uint8' });
      const labels = zeros([2], { dtype: 'int64' });
      expect(() => new BatchStream(zeros([2, 2, 1, 1]), labels, options)).toThrow(/uint8\[N, C, H, W\]/);
      expect(() => new BatchStream(images, zeros([3], { dtype: 'int64' }), options)).toThrow(/int64\[2\]/);
      expect(() => new BatchStream(images, labels, { mean: [0], std: [1] })).toThrow(/2 channels/);
      expect(() => new BatchStream(images, labels, { mean, std: [0, 1] })).toThrow(/positive/);
      const stream = new BatchStream(images, labels, options);
      expect(() => stream.prepare([2])).toThrow(/outside the 2 images/);
      expect(() => stream.take()).toThrow(/prepare/);
      stream.dispose();
    });
  });
});
