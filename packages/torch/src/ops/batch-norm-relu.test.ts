import { afterAll, describe, expect, it } from 'vitest';
import {
  batchNorm,
  batchNormRelu,
  type DType,
  Generator,
  getThreads,
  gradients,
  noGrad,
  ones,
  randn,
  scope,
  setThreads,
  type Tensor,
  zeros,
} from '../index.ts';

interface Outcome {
  readonly output: Float32Array;
  readonly gradients: readonly Float32Array[];
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** Batch norm and ReLU of random numbers, with gradients of input, weight and bias for a random gradient. */
function run(how: 'fused' | 'apart', shape: readonly number[], dtype: DType, channelsLast: boolean): Outcome {
  return scope(() => {
    const generator = new Generator(3);
    const channels = shape[1] ?? 0;
    // The two operators apart run in float64 on the same numbers: an independent, exacter answer.
    const place = (made: Tensor): Tensor => (how === 'apart' ? made.to('float64') : made);
    const draw = (size: readonly number[]): Tensor => randn(size, { generator });
    const input = place(draw(shape).mul(2).add(3).to(dtype)).contiguous({ channelsLast });
    const [weight, bias] = [place(draw([channels]).abs().add(0.5)), place(draw([channels]).mul(0.3))];
    const arriving = place(draw(shape).to(dtype)).contiguous({ channelsLast });
    const [runningMean, runningVar] = [place(zeros([channels])), place(ones([channels]))];
    for (const leaf of [input, weight, bias]) leaf.setRequiresGrad(true);
    const options = { weight, bias, runningMean, runningVar, training: true, momentum: 0.3 };
    const output = how === 'fused' ? batchNormRelu(input, options) : batchNorm(input, options).relu();
    const found = gradients(output, [input, weight, bias], { gradOutput: arriving });
    const read = (tensor: Tensor): Float32Array => tensor.detach().contiguous().to('float32').toFloat32();
    return {
      output: read(output),
      gradients: found.map(read),
      mean: read(runningMean),
      variance: read(runningVar),
    };
  });
}

function expectClose(found: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  for (const [at, value] of found.entries())
    expect(Math.abs(value - (expected[at] as number))).toBeLessThanOrEqual(tolerance * scale);
}

describe('batch norm followed by ReLU, in one', () => {
  const threads = getThreads();
  afterAll(() => setThreads(threads));

  it.each([
    ['pixel-major float32', [3, 36, 17, 11], 'float32', true, 1e-5],
    ['one channel', [5, 1, 13, 7], 'float32', true, 1e-5],
    ['more rows than one block', [9, 5, 16, 16], 'float32', true, 1e-5],
    ['pixel-major bfloat16', [4, 48, 12, 12], 'bfloat16', true, 2e-2],
    ['plane-major: the two operators', [3, 6, 8, 8], 'float32', false, 1e-5],
  ] as const)(
    '%s › output, gradients and running statistics are those of the two operators',
    (_, shape, dtype, last, tolerance) => {
      const [fused, apart] = [run('fused', shape, dtype, last), run('apart', shape, dtype, last)];
      expectClose(fused.output, apart.output, tolerance);
      expectClose(fused.mean, apart.mean, tolerance);
      expectClose(fused.variance, apart.variance, tolerance);
      for (const [at, gradient] of fused.gradients.entries())
        expectClose(gradient, apart.gradients[at] as Float32Array, tolerance);
      expect(fused.output.some((value) => value === 0)).toBe(true);
      expect(fused.output.some((value) => value > 0)).toBe(true);
    },
  );

  it('the number of threads changes no bit', () => {
    setThreads(1);
    const alone = run('fused', [16, 24, 32, 32], 'float32', true);
    setThreads(2);
    expect(run('fused', [16, 24, 32, 32], 'float32', true)).toEqual(alone);
  });

  it('in evaluation mode uses the running statistics and leaves them alone', () => {
    scope(() =>
      noGrad(() => {
        const generator = new Generator(1);
        const input = randn([2, 8, 5, 5], { generator }).contiguous({ channelsLast: true });
        const [weight, bias, runningMean] = [1, 2, 3].map(() => randn([8], { generator })) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        const runningVar = randn([8], { generator }).abs().add(0.1);
        const options = { weight, bias, runningMean, runningVar };
        const before = runningMean.toFloat32();
        const output = batchNormRelu(input, options).contiguous().toFloat32();
        expectClose(output, batchNorm(input, options).relu().contiguous().toFloat32(), 1e-5);
        expect(runningMean.toFloat32()).toEqual(before);
      }),
    );
  });

  it('NaN passes through, so that divergence is seen', () => {
    scope(() => {
      const input = randn([2, 4, 3, 3]).contiguous({ channelsLast: true });
      noGrad(() => input.select(1, 2).fill_(Number.NaN));
      const options = { weight: ones([4]), bias: zeros([4]), runningMean: zeros([4]), runningVar: ones([4]) };
      const output = batchNormRelu(input, { ...options, training: true });
      expect(Number.isNaN(output.select(1, 2).sum().item())).toBe(true);
      expect(Number.isFinite(output.select(1, 1).sum().item())).toBe(true);
    });
  });

  it('refuses to be differentiated twice', () => {
    scope(() => {
      const input = randn([2, 4, 3, 3]).contiguous({ channelsLast: true }).setRequiresGrad(true);
      const options = { weight: ones([4]), bias: zeros([4]), runningMean: zeros([4]), runningVar: ones([4]) };
      const output = batchNormRelu(input, { ...options, training: true })
        .pow(2)
        .sum();
      expect(() => gradients(output, [input], { createGraph: true })).toThrow(/differentiated twice/);
    });
  });
});
