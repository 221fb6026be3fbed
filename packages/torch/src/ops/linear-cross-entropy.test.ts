import { afterAll, describe, expect, it } from 'vitest';
import {
  autocast,
  crossEntropy,
  type DType,
  Generator,
  getThreads,
  gradients,
  linear,
  linearCrossEntropy,
  liveTensors,
  noGrad,
  peakNativeBytes,
  type Reduction,
  randint,
  randn,
  scope,
  setThreads,
  type Tensor,
  tensor,
} from '../index.ts';

interface Sizes {
  readonly rows: number;
  readonly inputs: number;
  readonly classes: number;
}
const odd: Sizes = { rows: 37, inputs: 7, classes: 53 };

/** Random operands, the same numbers for each dtype. */
function operandsOf({ rows, inputs, classes }: Sizes, dtype: DType = 'float32') {
  const generator = new Generator(4);
  const draw = (shape: readonly number[]): Tensor =>
    randn(shape, { generator }).to(dtype).detach().setRequiresGrad(true);
  return {
    hidden: draw([rows, inputs]),
    weight: draw([classes, inputs]),
    bias: draw([classes]),
    targets: randint(0, classes, [rows], { generator }),
  };
}
type Operands = ReturnType<typeof operandsOf>;
type Compute = (operands: Operands, reduction: Reduction, withBias: boolean) => Tensor;
const together: Compute = ({ hidden, weight, bias, targets }, reduction, withBias) =>
  linearCrossEntropy(hidden, weight, withBias ? bias : null, targets, { reduction });
const apart: Compute = ({ hidden, weight, bias, targets }, reduction, withBias) =>
  crossEntropy(linear(hidden, weight, withBias ? bias : null), targets, { reduction });

const read = (values: Tensor): number[] => values.detach().contiguous().to('float64').toNumbers();

/** The loss and all gradients; `factor` multiplies the loss before it is differentiated. */
function outcome(
  compute: Compute,
  operands: Operands,
  reduction: Reduction,
  withBias = true,
  factor = 1,
): number[][] {
  return scope(() => {
    const loss = compute(operands, reduction, withBias);
    const leaves = [operands.hidden, operands.weight, ...(withBias ? [operands.bias] : [])];
    const weighted = reduction === 'none' ? loss.mul(loss.detach()).sum() : loss;
    return [loss, ...gradients(factor === 1 ? weighted : weighted.mul(factor), leaves)].map(read);
  });
}

function expectClose(found: readonly number[][], expected: readonly number[][], tolerance: number): void {
  expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [which, values] of found.entries()) {
    const other = expected[which] as number[];
    const scale = other.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const worst = values.reduce((most, value, at) => {
      const distance = Math.abs(value - (other[at] as number));
      return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(most, distance);
    }, 0);
    expect(worst).toBeLessThanOrEqual(tolerance * scale);
  }
}

describe('a linear layer and its cross-entropy, in one', () => {
  const threads = getThreads();
  afterAll(() => setThreads(threads));

  it.each([
    ['mean', true, 1],
    ['mean', false, 1],
    ['sum', true, 1],
    ['mean', true, -2.5],
    ['none', true, 1],
  ] as const)(
    '%s, bias %s, times %s › loss and gradients are those of the two operators',
    (reduction, bias, factor) => {
      scope(() => {
        const exact = outcome(apart, operandsOf(odd, 'float64'), reduction, bias, factor);
        expectClose(outcome(together, operandsOf(odd), reduction, bias, factor), exact, 1e-5);
      });
    },
  );

  it('rows of several chunks › the same', () => {
    scope(() => {
      const sizes = { rows: 300, inputs: 3, classes: 60_000 };
      const exact = outcome(apart, operandsOf(sizes, 'float64'), 'mean');
      expectClose(outcome(together, operandsOf(sizes), 'mean'), exact, 1e-5);
    });
  });

  it.each(['none', 'mean', 'sum'] as const)(
    '%s, without gradients › the same losses, in parts',
    (reduction) => {
      scope(() => {
        const operands = operandsOf({ rows: 3000, inputs: 4, classes: 20_000 });
        noGrad(() => {
          const expected = scope(() => read(apart(operands, reduction, true)));
          const before = peakNativeBytes({ reset: true });
          const held = peakNativeBytes();
          expect(held).toBeLessThanOrEqual(before);
          const found = read(together(operands, reduction, true));
          // 3000 · 20000 logits would be 240 MB.
          expect(peakNativeBytes() - held).toBeLessThan(40e6);
          for (const [i, loss] of found.entries())
            expect(
              Math.abs(loss - (expected[i] as number)) / Math.max(1, expected[i] as number),
            ).toBeLessThan(1e-5);
        });
      });
    },
  );

  it('logits of ±1000 › no overflow', () => {
    scope(() => {
      const hidden = tensor([1000, -1000], { shape: [2, 1] }).setRequiresGrad(true);
      const weight = tensor([1, -1, 0], { shape: [3, 1] });
      const loss = linearCrossEntropy(hidden, weight, null, tensor([0, 0], { dtype: 'int64' }), {
        reduction: 'sum',
      });
      expect(loss.item()).toBe(2000);
      const [found] = gradients(loss, [hidden]);
      expect(read(found as Tensor)).toEqual([0, -2]);
    });
  });

  it('NaN passes through, so that divergence is seen', () => {
    scope(() => {
      const operands = operandsOf(odd);
      const hidden = operands.hidden.mul(Number.NaN);
      expect(together({ ...operands, hidden }, 'mean', true).item()).toBeNaN();
      expect(noGrad(() => together({ ...operands, hidden }, 'mean', true).item())).toBeNaN();
    });
  });

  it('only what learns gets a gradient', () => {
    scope(() => {
      const operands = operandsOf(odd);
      operands.weight.setRequiresGrad(false);
      together(operands, 'mean', true).backward();
      expect(operands.weight.grad).toBeNull();
      expect(operands.hidden.grad?.shape).toEqual([37, 7]);
      expect(operands.bias.grad?.shape).toEqual([53]);
    });
  });

  it('in bfloat16 › a float32 loss near that of float32, gradients too', () => {
    scope(() => {
      const operands = operandsOf({ rows: 64, inputs: 32, classes: 200 });
      const low: Compute = (...args) => autocast({ dtype: 'bfloat16' }, () => together(...args));
      expect(low(operands, 'mean', true).dtype).toBe('float32');
      const [found, exact] = [outcome(low, operands, 'sum'), outcome(together, operands, 'sum')];
      expectClose(found, exact, 0.03);
      const half = { ...operands, hidden: operands.hidden.to('bfloat16') };
      expectClose([read(low(half, 'sum', true))], [exact[0] as number[]], 0.01);
    });
  });

  it('the number of threads changes no bit', () => {
    const run = (count: number): number[][] => {
      setThreads(count);
      return scope(() => outcome(together, operandsOf({ rows: 50, inputs: 3, classes: 400 }), 'mean'));
    };
    expect(run(2)).toEqual(run(1));
  });

  it('leaves no tensor behind', () => {
    const operands = operandsOf(odd);
    const before = liveTensors();
    for (let i = 0; i < 3; i++) outcome(together, operands, 'mean');
    expect(liveTensors()).toBe(before);
  });

  it('refuses to be differentiated twice', () => {
    scope(() => {
      const operands = operandsOf(odd);
      const loss = together(operands, 'mean', true);
      expect(() => gradients(loss, [operands.hidden], { createGraph: true })).toThrow(/differentiated twice/);
    });
  });

  it.each([
    ['a target that is no class', { targets: [1, 53] }, /targets from 0 to 52, found 53 at row 1/],
    ['a negative target', { targets: [-100, 0] }, /found -100 at row 0/],
    ['another number of targets', { targets: [1, 2, 3] }, /expects hidden \[rows, inputs\]/],
  ])('refuses %s', (_, { targets }, message) => {
    scope(() => {
      const operands = { ...operandsOf({ ...odd, rows: 2 }), targets: tensor(targets, { dtype: 'int64' }) };
      expect(() => together(operands, 'mean', true)).toThrow(message);
      expect(() => together(operands, 'mean', true)).toThrow(
        expect.objectContaining({ code: 'BAD_ARGUMENT' }),
      );
    });
  });

  it('refuses float targets and weights of another width', () => {
    scope(() => {
      const operands = operandsOf(odd);
      expect(() => together({ ...operands, targets: operands.bias }, 'mean', true)).toThrow(/int64/);
      expect(() => together({ ...operands, weight: randn([53, 8]) }, 'mean', true)).toThrow(
        /float32\[53, 8\]/,
      );
      expect(() => together({ ...operands, bias: randn([52]) }, 'mean', true)).toThrow(/float32\[52\]/);
    });
  });
});
