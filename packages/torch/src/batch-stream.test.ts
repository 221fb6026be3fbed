import { describe, expect, it } from 'vitest';
import {
  BatchStream,
  callOperator,
  cat,
  Generator,
  liveTensors,
  randint,
  scope,
  type Tensor,
  tensor,
  type Whitening,
  zeros,
} from './index.ts';

const byChannel = { kind: 'per-channel', mean: [0.4, 0.5], std: [0.2, 0.25] } as const;
const perImage = { kind: 'per-image' } as const;

const ramp = (count: number): Tensor =>
  tensor(
    Array.from({ length: count }, (_, i) => i),
    { dtype: 'int64' },
  );
const random = (shape: readonly number[], seed = 1): Tensor =>
  randint(0, 256, shape, { dtype: 'uint8', generator: new Generator(seed) });
const largestDifference = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

/** The definition, in tensor operators: images scaled to 0–1 [N, C, H, W]. */
function whitened(images: Tensor, whitening: Whitening): Tensor {
  if (whitening.kind === 'per-channel') {
    const perChannel = (values: readonly number[]) =>
      tensor([...values], { shape: [1, values.length, 1, 1] });
    return images.sub(perChannel(whitening.mean)).div(perChannel(whitening.std));
  }
  const [count = 0, ...rest] = images.shape;
  const values = images.reshape([count, -1]).to('float64');
  const centred = values.sub(values.mean(1, true));
  const deviation = centred.square().mean(1, true).sqrt();
  const floor = 1 / Math.sqrt(values.shape[1] ?? 1);
  return centred
    .div(deviation.clamp({ min: floor }))
    .to('float32')
    .reshape([count, ...rest]);
}

/** The crop of the enlarged image, by libtorch's own operators. */
function cropped(
  image: Tensor,
  side: number,
  [top, left, mirrored]: readonly [number, number, 0 | 1],
): Tensor {
  const [, , height = 0, width = 0] = image.shape;
  const [large] = callOperator('aten::upsample_bilinear2d', '', [image, [side, side], false, null, null]);
  const crop = (large as Tensor).narrow(2, top, height).narrow(3, left, width);
  return mirrored === 1 ? crop.flip([3]) : crop;
}

describe('BatchStream', () => {
  for (const channelsLast of [false, true]) {
    for (const whitening of [byChannel, perImage]) {
      const title = `${whitening.kind} › whitens as the tensor operators do`;
      it(`${title}, ${channelsLast ? 'channels last' : 'row-major'}`, () => {
        scope(() => {
          const images = random([6, 2, 3, 4]);
          const labels = tensor([5, 4, 3, 2, 1, 0], { dtype: 'int64' });
          const stream = new BatchStream(images, labels, { whitening, channelsLast });
          stream.prepare(Int32Array.of(3, 0, 3));
          stream.prepare([5]);
          const batch = stream.take();
          const chosen = images.indexSelect(0, tensor([3, 0, 3], { dtype: 'int64' }));
          const wanted = whitened(chosen.to('float32').div(255), whitening);
          expect(batch.images.shape).toEqual([3, 2, 3, 4]);
          expect(batch.images.isContiguous({ channelsLast })).toBe(true);
          expect(largestDifference(batch.images, wanted)).toBeLessThan(1e-5);
          expect(batch.labels.toNumbers()).toEqual([2, 5, 2]);
          expect(stream.take().labels.toNumbers()).toEqual([0]);
          stream.dispose();
        });
      });
    }
  }

  it('per-image › an image without contrast becomes zeros, and one with hardly any is not blown up', () => {
    scope(() => {
      const flat = zeros([2, 3, 4, 4], { dtype: 'uint8' }).add(200).to('uint8');
      flat.select(0, 1).select(0, 0).select(0, 0).fill_(201);
      const stream = new BatchStream(flat, ramp(2), { whitening: perImage });
      stream.prepare([0, 1]);
      const { images } = stream.take();
      expect(images.select(0, 0).abs().max().item()).toBeLessThan(1e-4);
      // 4 of 48 values are 1/255 above the others; divided by 1/√48, not by their deviation of 0.0011.
      expect(images.select(0, 1).max().item()).toBeCloseTo(((44 / 48) * Math.sqrt(48)) / 255, 4);
      stream.dispose();
    });
  });

  describe('augmentation', () => {
    const placements = [
      [0, 0, 0],
      [8, 8, 0],
      [3, 5, 1],
      [8, 0, 1],
      [4, 4, 0],
    ] as const;

    for (const channels of [1, 2, 3]) {
      for (const side of [16, 17, 24, 37]) {
        it(`enlarged to ${side} pixels with ${channels} channels › equals upsample_bilinear2d, slicing and flip`, () => {
          scope(() => {
            const [height, width] = [16, 15];
            const images = random([5, channels, height, width], side);
            const inside = placements.map(
              ([top, left, mirrored]) =>
                [Math.min(top, side - height), Math.min(left, side - width), mirrored] as const,
            );
            const wanted = whitened(
              cat(
                inside.map((at, i) => cropped(images.narrow(0, i, 1).to('float32').div(255), side, at)),
                0,
              ),
              perImage,
            );
            for (const channelsLast of [false, true]) {
              const options = { whitening: perImage, enlarged: [side, side], channelsLast } as const;
              const stream = new BatchStream(images, ramp(5), options);
              stream.prepare([0, 1, 2, 3, 4], Int32Array.from(inside.flat()));
              expect(largestDifference(stream.take().images, wanted)).toBeLessThan(1e-5);
              stream.dispose();
            }
          });
        });
      }
    }

    it('whitens by channel what it has cropped', () => {
      scope(() => {
        const images = random([1, 2, 16, 16]);
        const stream = new BatchStream(images, ramp(1), { whitening: byChannel, enlarged: [24, 24] });
        stream.prepare([0], [3, 7, 1]);
        const wanted = whitened(cropped(images.to('float32').div(255), 24, [3, 7, 1]), byChannel);
        expect(largestDifference(stream.take().images, wanted)).toBeLessThan(1e-5);
        stream.dispose();
      });
    });

    it('without enlarging, an unmirrored image is the plain one, bit for bit', () => {
      scope(() => {
        const images = random([2, 3, 8, 8]);
        const stream = new BatchStream(images, ramp(2), { whitening: perImage });
        stream.prepare([0, 1]);
        stream.prepare([0, 1], [0, 0, 0, 0, 0, 1]);
        const [plain, placed] = [stream.take().images, stream.take().images];
        expect(placed.select(0, 0).toFloat32()).toEqual(plain.select(0, 0).toFloat32());
        expect(largestDifference(placed.select(0, 1), plain.select(0, 1).flip([2]))).toBeLessThan(1e-5);
        stream.dispose();
      });
    });

    it('is left out where a batch is asked for without placements, even in a stream that enlarges', () => {
      scope(() => {
        const images = random([2, 3, 8, 8]);
        const enlarging = new BatchStream(images, ramp(2), { whitening: perImage, enlarged: [12, 12] });
        const plain = new BatchStream(images, ramp(2), { whitening: perImage });
        for (const stream of [enlarging, plain]) stream.prepare([1, 0]);
        expect(enlarging.take().images.toFloat32()).toEqual(plain.take().images.toFloat32());
        for (const stream of [enlarging, plain]) stream.dispose();
      });
    });
  });

  it('counts the time that its thread works', () => {
    scope(() => {
      const stream = new BatchStream(random([64, 3, 32, 32]), ramp(64), { whitening: perImage });
      expect(stream.busySeconds).toBe(0);
      stream.prepare(Int32Array.from({ length: 64 }, (_, i) => i));
      stream.take();
      expect(stream.busySeconds).toBeGreaterThan(0);
      stream.dispose();
      expect(() => stream.busySeconds).toThrow(/disposed/);
    });
  });

  it('gives batches in the order asked for and frees those that nobody takes', () => {
    const before = liveTensors();
    scope(() => {
      const labels = Array.from({ length: 100 }, (_, i) => i);
      const stream = new BatchStream(zeros([100, 2, 8, 8], { dtype: 'uint8' }), ramp(100), {
        whitening: byChannel,
      });
      for (const index of labels) stream.prepare([index]);
      for (const index of labels.slice(0, 60)) expect(stream.take().labels.item()).toBe(index);
      stream.dispose();
      expect(() => stream.take()).toThrow(/disposed/);
    });
    expect(liveTensors()).toBe(before);
  });

  it('refuses images, labels and options that do not fit', () => {
    scope(() => {
      const images = zeros([2, 2, 3, 4], { dtype: 'uint8' });
      const labels = zeros([2], { dtype: 'int64' });
      const options = { whitening: byChannel };
      const open = (whitening: Whitening, enlarged?: readonly [number, number]) =>
        new BatchStream(images, labels, { whitening, enlarged });
      expect(() => new BatchStream(zeros([2, 2, 1, 1]), labels, options)).toThrow(/uint8\[N, C, H, W\]/);
      expect(() => new BatchStream(zeros([2, 4], { dtype: 'uint8' }), labels, options)).toThrow(/N, C, H, W/);
      expect(() => new BatchStream(images, zeros([3], { dtype: 'int64' }), options)).toThrow(/int64\[2\]/);
      const none = zeros([2, 2, 0, 4], { dtype: 'uint8' });
      expect(() => new BatchStream(none, labels, { whitening: perImage })).toThrow(/at least one pixel/);
      expect(() => open({ ...byChannel, mean: [0] })).toThrow(/2 channels/);
      expect(() => open({ ...byChannel, std: [0, 1] })).toThrow(/positive/);
      expect(() => open({ kind: 'per-channel', mean: [], std: [] })).toThrow(/2 channels/);
      expect(() => open(perImage, [2, 4])).toThrow(/images of 3 × 4 pixels cannot be enlarged to 2 × 4/);
      expect(() => open(perImage, [3, 2 ** 40])).toThrow(/cannot be enlarged/);
      expect(() => open(perImage, [Number.NaN, 4])).toThrow(/cannot be enlarged/);
    });
  });

  it('refuses indices and placements that do not fit', () => {
    scope(() => {
      const images = zeros([2, 2, 3, 4], { dtype: 'uint8' });
      const stream = new BatchStream(images, ramp(2), { whitening: perImage, enlarged: [5, 7] });
      expect(() => stream.prepare([2])).toThrow(/outside the 2 images/);
      expect(() => stream.prepare([-1])).toThrow(/outside the 2 images/);
      expect(() => stream.prepare([0, 1], [0, 0, 0])).toThrow(/for each of the 2 images, found 3/);
      expect(() => stream.prepare([0], [])).toThrow(/for each of the 1 images, found 0/);
      expect(() => stream.prepare([0], [3, 0, 0])).toThrow(
        /row 3, column 0 leaves the enlarged image: at most 2, 3/,
      );
      expect(() => stream.prepare([0], [0, 4, 0])).toThrow(/leaves the enlarged image/);
      expect(() => stream.prepare([0], [0, -1, 0])).toThrow(/leaves the enlarged image/);
      expect(() => stream.prepare([0], [0, 0, 2])).toThrow(/mirrored is 0 or 1/);
      expect(() => stream.prepare([0], [0, 0.5, 0])).toThrow(/expected an integer/);
      expect(() => stream.take()).toThrow(/prepare/);
      stream.dispose();
    });
  });
});
