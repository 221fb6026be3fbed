import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arange,
  type DType,
  empty,
  eye,
  fromBuffer,
  fromBytes,
  full,
  Generator,
  multinomial,
  ones,
  rand,
  randint,
  randn,
  randperm,
  scope,
  type Tensor,
  TorchError,
  tensor,
  zeros,
} from './index.ts';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    return thrown instanceof TorchError ? thrown.code : `not a TorchError: ${String(thrown)}`;
  }
  return 'nothing thrown';
};

describe('tensor', () => {
  const arrays: [DType, ArrayBufferView & ArrayLike<number | bigint>][] = [
    ['float32', new Float32Array([1.5, -2, Number.NaN, Number.POSITIVE_INFINITY, 0, 7])],
    ['float64', new Float64Array([0.1, -1e300, 5e-324, 3, 4, 5])],
    ['int64', new BigInt64Array([2n ** 62n, -(2n ** 63n), 0n, 1n, -1n, 9n])],
    ['int32', new Int32Array([2 ** 31 - 1, -(2 ** 31), 0, 1, 2, 3])],
    ['uint8', new Uint8Array([0, 1, 127, 128, 254, 255])],
  ];
  for (const [dtype, array] of arrays) {
    it(`${dtype} goes in and comes out bit for bit`, () => {
      scope(() => {
        const made = tensor(array as Float32Array, { shape: [2, 3] });
        expect(made.dtype).toBe(dtype);
        expect(made.shape).toEqual([2, 3]);
        expect(made.size).toBe(6);
        expect(made.toArray()).toEqual(array);
        expect(fromBytes(made.toBytes(), { dtype, shape: [3, 2] }).toArray()).toEqual(array);
      });
    });
  }

  it('copies: a later write to the array does not show', () => {
    const array = new Float32Array([1, 2]);
    const made = tensor(array);
    array[0] = 9;
    expect(made.toNumbers()).toEqual([1, 2]);
    made.dispose();
  });

  it('bool holds 0 and 1', () => {
    scope(() => {
      const made = tensor([0, 1, 5], { dtype: 'bool' });
      expect(made.toArray()).toEqual(new Uint8Array([0, 1, 1]));
      expect(tensor(new Uint8Array([0, 7]), { dtype: 'bool' }).toArray()).toEqual(new Uint8Array([0, 1]));
    });
  });

  it('bfloat16 keeps the upper 16 bits of float32, and comes out as float32 or as raw bits', () => {
    scope(() => {
      const made = tensor([1, -2.5, 3.140625, 1e38], { dtype: 'bfloat16' });
      expect(made.dtype).toBe('bfloat16');
      expect([...made.toFloat32()].slice(0, 3)).toEqual([1, -2.5, 3.140625]);
      const bits = new Uint16Array(made.toBytes().buffer);
      expect([...bits].slice(0, 2)).toEqual([0x3f80, 0xc020]); // 1 and −2.5
      expect(tensor(bits).toFloat32()).toEqual(made.toFloat32());
    });
  });

  it('numbers become the dtype asked for; property: float64 and int64 are exact', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noDefaultInfinity: true, noNaN: true })), (values) => {
        scope(() => expect(tensor(values, { dtype: 'float64' }).toNumbers()).toEqual(values));
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger()), (values) => {
        const wanted = values.map((value) => value + 0);
        scope(() => expect(tensor(wanted, { dtype: 'int64' }).toNumbers()).toEqual(wanted));
      }),
    );
  });

  it('nested arrays give the shape', () => {
    scope(() => {
      expect(
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]).shape,
      ).toEqual([2, 3]);
      expect(tensor([[[1]], [[2]]]).shape).toEqual([2, 1, 1]);
      expect(tensor(3).shape).toEqual([]);
      expect(tensor([]).shape).toEqual([0]);
    });
  });

  it('refuses a ragged nest, a wrong shape, a fraction as an integer and an unknown dtype', () => {
    expect(codeOf(() => tensor([[1, 2], [3]]))).toBe('SHAPE_MISMATCH');
    expect(codeOf(() => tensor([1, [2]]))).toBe('SHAPE_MISMATCH');
    expect(codeOf(() => tensor([1, 2, 3], { shape: [2, 2] }))).toBe('SHAPE_MISMATCH');
    expect(codeOf(() => tensor([1, 2], { shape: [-2, -1] }))).toBe('SHAPE_MISMATCH');
    expect(codeOf(() => tensor([1.5], { dtype: 'int64' }))).toBe('BAD_DTYPE');
    expect(codeOf(() => tensor([1], { dtype: 'float8' as DType }))).toBe('BAD_DTYPE');
    expect(codeOf(() => tensor(new Int8Array([1]) as never))).toBe('BAD_DTYPE');
    expect(codeOf(() => tensor(['a'] as never))).toBe('BAD_ARGUMENT');
    expect(codeOf(() => tensor([1], { dtype: 'int64', requiresGrad: true }))).toBe('BAD_DTYPE');
    expect(codeOf(() => tensor([1], { device: 'nowhere' }))).toBe('OPERATOR_FAILED');
  });
});

describe('fromBytes', () => {
  it('reads bytes that begin at any offset', () => {
    const file = new Uint8Array(17);
    new DataView(file.buffer).setFloat64(1, 0.1, true);
    new DataView(file.buffer).setFloat64(9, -7, true);
    scope(() => {
      const made = fromBytes(file.subarray(1), { dtype: 'float64', shape: [2] });
      expect(made.toNumbers()).toEqual([0.1, -7]);
    });
  });
});

describe('fromBuffer', () => {
  it('shares memory: writes on either side show on the other', () => {
    scope(() => {
      const array = new Float32Array([1, 2, 3, 4]);
      const shared = fromBuffer(array, [2, 2]);
      array[0] = 9;
      expect(shared.toNumbers()).toEqual([9, 2, 3, 4]);
      shared.mul_(2);
      expect([...array]).toEqual([18, 4, 6, 8]);
    });
  });

  it('a view of it outlives both the tensor and the array', () => {
    const view = scope(() => fromBuffer(new Float32Array(1 << 20).fill(3)).slice(0, 5, 8));
    for (let i = 0; i < 50; i++) new Float32Array(1 << 20).fill(i); // memory that a collector would reuse
    expect(view.toNumbers()).toEqual([3, 3, 3]);
    view.dispose();
  });

  it('refuses a shape of another size', () => {
    expect(codeOf(() => fromBuffer(new Float32Array(4), [3]))).toBe('SHAPE_MISMATCH');
  });

  it('refuses a resizable buffer', () => {
    type Resizable = new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer;
    const buffer = new (ArrayBuffer as unknown as Resizable)(16, { maxByteLength: 64 });
    expect(codeOf(() => fromBuffer(new Float32Array(buffer)))).toBe('BAD_ARGUMENT');
  });
});

describe('filled tensors', () => {
  it('have the values that their names say', () => {
    scope(() => {
      expect(zeros([2]).toNumbers()).toEqual([0, 0]);
      expect(ones([2], { dtype: 'int64' }).toArray()).toEqual(new BigInt64Array([1n, 1n]));
      expect(full([2], 0.5).toNumbers()).toEqual([0.5, 0.5]);
      expect(full([2], 2).dtype).toBe('float32');
      expect(arange(0, 3).toArray()).toEqual(new BigInt64Array([0n, 1n, 2n]));
      expect(arange(0, 1, { step: 0.5 }).toNumbers()).toEqual([0, 0.5]);
      expect(eye(2).toNumbers()).toEqual([1, 0, 0, 1]);
      expect(empty([3, 0]).size).toBe(0);
      expect(empty([1, 2, 3, 4], { channelsLast: true }).isContiguous({ channelsLast: true })).toBe(true);
      expect(zeros([1], { requiresGrad: true }).requiresGrad).toBe(true);
    });
  });

  it('refuses shapes whose size overflows', () => {
    expect(codeOf(() => empty([2 ** 40, 2 ** 40]))).toMatch(/OPERATOR_FAILED|OUT_OF_MEMORY/);
  });
});

describe('random tensors', () => {
  it('of equal generators are equal, and lie where they should', () => {
    scope(() => {
      const draw = (): Tensor[] => {
        const generator = new Generator(11);
        return [
          randn([50], { generator }),
          rand([50], { generator }),
          randint(3, 7, [50], { generator }),
          randperm(20, { generator }),
          multinomial(tensor([0, 1, 3]), 40, { replacement: true, generator }),
        ];
      };
      const [first, second] = [draw(), draw()];
      expect(first.map((t) => t.toNumbers())).toEqual(second.map((t) => t.toNumbers()));
      const [, uniform, integers, order, drawn] = first.map((t) => t.toNumbers());
      expect(uniform?.every((x) => x >= 0 && x < 1)).toBe(true);
      expect(new Set(integers)).toEqual(new Set([3, 4, 5, 6]));
      expect([...(order ?? [])].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
      expect(new Set(drawn)).toEqual(new Set([1, 2]));
    });
  });
});
