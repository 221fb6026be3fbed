import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adaptiveAvgPool2d,
  avgPool2d,
  batchNorm,
  cat,
  conv2d,
  crossEntropy,
  type DType,
  embedding,
  gradients,
  layerNorm,
  linear,
  liveTensors,
  maxPool2d,
  nllLoss,
  oneHot,
  pad,
  randint,
  scope,
  stack,
  type Tensor,
  TorchError,
} from './index.ts';

// Whatever a typed function is given, it answers or throws a TorchError; a crash would end this test's process.

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });
const dtypes = fc.constantFrom<DType>('float32', 'float64', 'int64', 'uint8', 'bool', 'bfloat16');
const tensors = fc.record({ shape: shapes, dtype: dtypes });
const small = fc.integer({ min: -3, max: 5 });
const pair = fc.tuple(small, small);

type Call = (
  x: Tensor,
  y: Tensor,
  z: Tensor,
  n: number,
  m: number,
  size: [number, number],
) => Tensor | Tensor[];
const calls: Record<string, Call> = {
  conv2d: (x, y, z, n, m, size) =>
    conv2d(x, y, { bias: z, stride: n, padding: size, dilation: m, groups: n }),
  pad: (x, _y, _z, n, m, size) => pad(x, [n, m, ...size]),
  maxPool2d: (x, _y, _z, n, m, size) => maxPool2d(x, size, { stride: n, padding: m, dilation: n }),
  avgPool2d: (x, _y, _z, n, m, size) => avgPool2d(x, size, { stride: n, padding: m, ceilMode: true }),
  adaptiveAvgPool2d: (x, _y, _z, _n, _m, size) => adaptiveAvgPool2d(x, size),
  batchNorm: (x, y, z, n) =>
    batchNorm(x, { weight: y, bias: z, runningMean: y, runningVar: z, training: n > 0 }),
  layerNorm: (x, y, z, n, m) => layerNorm(x, [n, m], { weight: y, bias: z }),
  linear: (x, y, z) => linear(x, y, z),
  embedding: (x, y) => embedding(x, y),
  crossEntropy: (x, y, _z, n) => crossEntropy(x, y, { ignoreIndex: n }),
  nllLoss: (x, y, z) => nllLoss(x, y, { weight: z }),
  oneHot: (x, _y, _z, n) => oneHot(x, n),
  cat: (x, y, z, n) => cat([x, y, z], n),
  stack: (x, y, z, n) => stack([x, y, z], n),
  gather: (x, y, _z, n) => x.gather(n, y),
  scatter: (x, y, z, n) => x.scatter(n, y, z),
  indexSelect: (x, y, _z, n) => x.indexSelect(n, y),
  indexAdd: (x, y, z, n) => x.indexAdd(n, y, z),
  where: (x, y, z) => x.where(y, z),
  slice: (x, _y, _z, n, m, [from, to]) => x.slice(n, from, to, m),
  narrow: (x, _y, _z, n, m, [from]) => x.narrow(n, m, from),
  select: (x, _y, _z, n, m) => x.select(n, m),
  chunk: (x, _y, _z, n, m) => x.chunk(n, m),
  split: (x, _y, _z, n, m, size) => [...x.split(size, n), ...x.split(m, n)],
  reshape: (x, _y, _z, n, m) => x.reshape([n, m]),
  permute: (x, _y, _z, n, m, size) => x.permute([n, m, ...size]),
  expand: (x, _y, _z, n, m) => x.expand([n, m]),
  repeat: (x, _y, _z, n, m, size) => x.repeat([n, m, ...size]),
  roll: (x, _y, _z, n, m, size) => x.roll(size, [n, m]),
  topk: (x, _y, _z, n, m) => x.topk(n, m).values,
  sort: (x, _y, _z, n) => x.sort(n).values,
  matmul: (x, y) => x.matmul(y),
  copy_: (x, y) => x.copy_(y),
  variance: (x, _y, _z, n, m) => x.variance([n, m]),
};

describe('typed functions on arbitrary arguments', () => {
  for (const [name, call] of Object.entries(calls)) {
    it(`${name} answers or throws a TorchError, backward too`, () => {
      const before = liveTensors();
      fc.assert(
        fc.property(fc.tuple(tensors, tensors, tensors), small, small, pair, (given, n, m, size) => {
          scope(() => {
            const [x, y, z] = given.map(({ shape, dtype }) => {
              const made = randint(0, 4, shape).to(dtype);
              return made.dtype.includes('float') ? made.setRequiresGrad(true) : made;
            }) as [Tensor, Tensor, Tensor];
            try {
              const results = [call(x, y, z, n, m, size)].flat();
              const inputs = [x, y, z].filter((input) => input.requiresGrad);
              for (const result of results) {
                if (!result.requiresGrad || inputs.length === 0) continue;
                gradients(result.sum(), inputs, { allowUnused: true, retainGraph: true });
              }
            } catch (thrown) {
              if (!(thrown instanceof TorchError)) throw thrown;
            }
          });
        }),
        { numRuns: 150 },
      );
      expect(liveTensors()).toBe(before);
    });
  }
});
