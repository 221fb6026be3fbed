import { afterAll, describe, expect, it } from 'vitest';
import {
  cat,
  channelMeans,
  type DType,
  Generator,
  getThreads,
  gradients,
  type PixelPadding,
  pad,
  paddedCat,
  randn,
  scope,
  setThreads,
  type Tensor,
} from '../index.ts';

interface Part {
  readonly shape: readonly [batch: number, channels: number, height: number, width: number];
  readonly padding: PixelPadding;
}
const part = (shape: Part['shape'], top = 0, bottom = 0, left = 0, right = 0): Part => ({
  shape,
  padding: { top, bottom, left, right },
});

type Run = readonly Float32Array[];
const read = (tensor: Tensor): Float32Array => tensor.detach().contiguous().to('float32').toFloat32();

/** The result and the gradients of all parts, for random numbers and a random gradient. */
function run(
  compute: (parts: readonly { readonly values: Tensor; readonly padding: PixelPadding }[]) => Tensor,
  parts: readonly Part[],
  dtype: DType,
  channelsLast: boolean,
): Run {
  return scope(() => {
    const generator = new Generator(3);
    const inputs = parts.map(({ shape }) =>
      randn(shape, { generator }).to(dtype).contiguous({ channelsLast }).setRequiresGrad(true),
    );
    const output = compute(parts.map(({ padding }, i) => ({ values: inputs[i] as Tensor, padding })));
    const gradOutput = randn(output.shape, { generator }).to(output.dtype);
    return [output, ...gradients(output, inputs, { gradOutput })].map(read);
  });
}

const apart = (parts: Parameters<typeof paddedCat>[0]): Tensor =>
  cat(
    parts.map(({ values, padding: { left, right, top, bottom } }) => pad(values, [left, right, top, bottom])),
    1,
  );

const skips = [part([3, 5, 9, 7]), part([3, 1, 4, 7], 2, 3), part([3, 8, 1, 1], 4, 4, 3, 3)];

describe('padding with zeros and joining along depth, in one', () => {
  const threads = getThreads();
  afterAll(() => setThreads(threads));

  it.each([
    ['equal sizes', [part([2, 3, 5, 4]), part([2, 16, 5, 4])], 'float32', true],
    ['padded on every side', skips, 'float32', true],
    ['bfloat16', skips, 'bfloat16', true],
    ['one part', [part([2, 3, 5, 4], 1, 2, 0, 1)], 'float32', true],
    ['plane-major: the operators apart', skips, 'float32', false],
    ['float64: the operators apart', skips, 'float64', true],
  ] as const)('%s › values and gradients are those of pad and cat, bit for bit', (_, parts, dtype, last) => {
    expect(run(paddedCat, parts, dtype, last)).toEqual(run(apart, parts, dtype, last));
  });

  it('float32 beside bfloat16 becomes bfloat16; its gradient stays float32', () => {
    scope(() => {
      const wide = randn([2, 3, 4, 4]).contiguous({ channelsLast: true }).setRequiresGrad(true);
      const narrow = randn([2, 2, 4, 4]).to('bfloat16').contiguous({ channelsLast: true });
      const none = { top: 0, bottom: 0, left: 0, right: 0 };
      const joined = paddedCat([
        { values: wide, padding: none },
        { values: narrow, padding: none },
      ]);
      expect(joined.dtype).toBe('bfloat16');
      const [gradient] = gradients(joined.to('float32').sum(), [wide]);
      expect(gradient?.dtype).toBe('float32');
      expect(gradient?.toFloat32()).toEqual(new Float32Array(wide.size).fill(1));
    });
  });

  it('a part that needs no gradient gets none, and the others theirs', () => {
    scope(() => {
      const fixed = randn([2, 3, 4, 4]).contiguous({ channelsLast: true });
      const learned = randn([2, 2, 4, 4]).contiguous({ channelsLast: true }).setRequiresGrad(true);
      const none = { top: 0, bottom: 0, left: 0, right: 0 };
      const joined = paddedCat([fixed, learned].map((values) => ({ values, padding: none })));
      const [gradient] = gradients(joined.square().sum(), [learned]);
      expect(read(gradient as Tensor)).toEqual(read(learned.mul(2)));
    });
  });

  it('the number of threads changes no bit', () => {
    setThreads(1);
    const alone = run(paddedCat, skips, 'float32', true);
    setThreads(2);
    expect(run(paddedCat, skips, 'float32', true)).toEqual(alone);
  });

  it.each([true, false])('refuses sizes that do not fit (channels last: %s)', (channelsLast) => {
    scope(() => {
      const none = { top: 0, bottom: 0, left: 0, right: 0 };
      const parts = [
        [2, 3, 5, 4],
        [2, 3, 4, 4],
      ].map((shape) => ({ values: randn(shape).contiguous({ channelsLast }), padding: none }));
      expect(() => paddedCat(parts)).toThrow(/[Ss]izes/);
      expect(() => paddedCat([])).toThrow(/at least one/);
    });
  });

  it('refuses to be differentiated twice', () => {
    scope(() => {
      const values = randn([2, 4, 3, 3]).contiguous({ channelsLast: true }).setRequiresGrad(true);
      const padding = { top: 1, bottom: 0, left: 0, right: 0 };
      const loss = paddedCat([{ values, padding }]).pow(2).sum();
      expect(() => gradients(loss, [values], { createGraph: true })).toThrow(/differentiated twice/);
    });
  });
});

describe('the mean of each channel', () => {
  it.each([
    ['pixel-major float32', 'float32', true, 1e-6],
    ['pixel-major bfloat16', 'bfloat16', true, 1e-2],
    ['plane-major float32', 'float32', false, 1e-6],
    ['float64', 'float64', true, 1e-6],
  ] as const)('%s › is that of the image in zeros, and so are its gradients', (_, dtype, last, tolerance) => {
    const parts = [part([3, 5, 13, 11], 1, 2, 0, 3)];
    const [found, expected] = [
      run(([only]) => channelMeans((only as { values: Tensor }).values, 16 * 14), parts, dtype, last),
      run((padded) => apart(padded).to('float64').mean([2, 3]), parts, dtype, last),
    ];
    for (const [which, values] of found.entries()) {
      expect(values.length).toBe(expected[which]?.length);
      for (const [at, value] of values.entries())
        expect(Math.abs(value - (expected[which]?.[at] as number))).toBeLessThan(tolerance);
    }
  });

  it('its own area by default: global average pooling', () => {
    scope(() => {
      const images = randn([2, 3, 4, 5]).contiguous({ channelsLast: true });
      const [found, expected] = [read(channelMeans(images)), read(images.mean([2, 3]))];
      for (const [at, value] of found.entries()) expect(value).toBeCloseTo(expected[at] as number, 6);
    });
  });

  it('NaN passes through, so that divergence is seen', () => {
    scope(() => {
      const images = randn([1, 2, 3, 3]).mul(Number.NaN).contiguous({ channelsLast: true });
      expect([...read(channelMeans(images))].every(Number.isNaN)).toBe(true);
    });
  });
});
