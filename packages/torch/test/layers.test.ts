import {
  AvgPool2d,
  arange,
  BatchNorm2d,
  Conv2d,
  constant_,
  Dropout,
  Generator,
  heNormal_,
  heUniform_,
  keep,
  Linear,
  LSTMCell,
  liveTensors,
  MaxPool2d,
  noGrad,
  normal_,
  ones,
  ReLU,
  randn,
  Sequential,
  scope,
  type Tensor,
  TorchError,
  uniform_,
  xavierUniform_,
  zeros,
} from '@nascent/torch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const numbers = (value: Tensor): number[] => Array.from(value.toFloat32());

interface Plane {
  readonly height: number;
  readonly width: number;
  at(row: number, column: number): number;
}

/** SAME pooling or convolution of one channel, written from its definition: windows over existing pixels. */
function windows(
  plane: Plane,
  [kernelHeight, kernelWidth]: readonly [number, number],
  [strideHeight, strideWidth]: readonly [number, number],
  reduce: (values: number[], places: number[]) => number,
): number[] {
  const origin = (length: number, kernel: number, stride: number): number => {
    const total = Math.max((Math.ceil(length / stride) - 1) * stride + kernel - length, 0);
    return -Math.floor(total / 2);
  };
  const top = origin(plane.height, kernelHeight, strideHeight);
  const left = origin(plane.width, kernelWidth, strideWidth);
  const outputs: number[] = [];
  for (let i = 0; i < Math.ceil(plane.height / strideHeight); i++) {
    for (let j = 0; j < Math.ceil(plane.width / strideWidth); j++) {
      const values: number[] = [];
      const places: number[] = [];
      for (let k = 0; k < kernelHeight * kernelWidth; k++) {
        const row = top + i * strideHeight + Math.floor(k / kernelWidth);
        const column = left + j * strideWidth + (k % kernelWidth);
        if (row < 0 || column < 0 || row >= plane.height || column >= plane.width) continue;
        values.push(plane.at(row, column));
        places.push(k);
      }
      outputs.push(reduce(values, places));
    }
  }
  return outputs;
}

const length = fc.integer({ min: 1, max: 9 });
const geometry = fc.record({
  height: length,
  width: length,
  kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  seed: fc.nat(1000),
});

function forEachGeometry(
  check: (
    image: Tensor,
    plane: Plane,
    kernel: readonly [number, number],
    stride: readonly [number, number],
    seed: number,
  ) => void,
): void {
  fc.assert(
    fc.property(geometry, ({ height, width, kernel, stride, seed }) => {
      scope(() => {
        const image = randn([1, 1, height, width], { generator: new Generator(seed) });
        const pixels = image.toFloat32();
        const at = (row: number, column: number): number => pixels[row * width + column] ?? Number.NaN;
        check(image, { height, width, at }, kernel, stride, seed);
      });
    }),
    { numRuns: 150 },
  );
}

function expectNumbers(found: Tensor, expected: readonly number[]): void {
  const values = numbers(found);
  expect(values.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 4);
}

describe('SAME windows over every small geometry', () => {
  it('Conv2d › equals the definition', () => {
    forEachGeometry((image, plane, kernel, stride, seed) => {
      const layer = new Conv2d(1, 1, kernel, {
        stride,
        padding: 'same',
        bias: false,
        generator: new Generator(seed + 1),
      });
      const weights = numbers(layer.weight);
      const expected = windows(plane, kernel, stride, (values, places) =>
        values.reduce((sum, value, i) => sum + value * (weights[places[i] ?? -1] ?? Number.NaN), 0),
      );
      expectNumbers(
        noGrad(() => layer.forward(image)),
        expected,
      );
      layer.dispose();
    });
  });

  it('MaxPool2d › equals the definition: padding is never the maximum', () => {
    forEachGeometry((image, plane, kernel, stride) => {
      const expected = windows(plane, kernel, stride, (values) => Math.max(...values));
      expectNumbers(new MaxPool2d(kernel, { stride, padding: 'same' }).forward(image), expected);
    });
  });

  it('AvgPool2d › equals the definition: padding does not count', () => {
    forEachGeometry((image, plane, kernel, stride) => {
      const expected = windows(
        plane,
        kernel,
        stride,
        (values) => values.reduce((a, b) => a + b, 0) / values.length,
      );
      expectNumbers(new AvgPool2d(kernel, { stride, padding: 'same' }).forward(image), expected);
    });
  });
});

describe('dropout', () => {
  it('› keeps the expected share and the mean in training mode', () => {
    for (const options of [{}, { generator: new Generator(1) }]) {
      const values = numbers(new Dropout(0.25, options).forward(ones([20_000])));
      const kept = values.filter((value) => value !== 0);
      expect(kept.every((value) => Math.abs(value - 4 / 3) < 1e-6)).toBe(true);
      expect(Math.abs(kept.length / values.length - 0.75)).toBeLessThan(0.02); // 6 standard deviations
    }
  });

  it('› is its input itself in evaluation mode', () => {
    const x = ones([3]);
    expect(new Dropout(0.5).eval().forward(x)).toBe(x);
  });

  it('› at probability 1 drops everything and gives no NaN', () => {
    expect(numbers(new Dropout(1, { generator: new Generator(1) }).forward(ones([3])))).toEqual([0, 0, 0]);
  });

  it('› refuses a probability outside [0, 1]', () => {
    expect(() => new Dropout(50)).toThrow(
      /Dropout: the probability of dropping is 50; give a number between 0 and 1/,
    );
  });
});

describe('initialisers', () => {
  const spread = (value: Tensor) => {
    const all = numbers(value);
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
    const variance = all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length;
    return { mean, deviation: Math.sqrt(variance), largest: Math.max(...all.map(Math.abs)) };
  };
  const weight = () => zeros([64, 32, 3, 3]); // fan in 288, fan out 576

  it('uniform_, normal_, constant_ › fill as told, in place', () => {
    const target = zeros([10_000]);
    expect(uniform_(target, -0.08, 0.08, new Generator(1))).toBe(target);
    expect(spread(target).largest).toBeLessThanOrEqual(0.08);
    expect(spread(target).deviation).toBeCloseTo(0.16 / Math.sqrt(12), 3);
    expect(spread(normal_(target, 2, 0.5, new Generator(1))).mean).toBeCloseTo(2, 1);
    expect(spread(target).deviation).toBeCloseTo(0.5, 1);
    expect(numbers(constant_(zeros([2]), 3))).toEqual([3, 3]);
  });

  it('He normal › deviation √(2 / fan), by inputs or outputs', () => {
    const generator = new Generator(1);
    expect(spread(heNormal_(weight(), { generator })).deviation / Math.sqrt(2 / 288)).toBeCloseTo(1, 1);
    const byOutputs = heNormal_(weight(), { mode: 'fanOut', generator });
    expect(spread(byOutputs).deviation / Math.sqrt(2 / 576)).toBeCloseTo(1, 1);
  });

  it('He uniform and Xavier uniform › fill their bounds', () => {
    const generator = new Generator(1);
    expect(spread(heUniform_(weight(), { generator })).largest / Math.sqrt(6 / 288)).toBeCloseTo(1, 2);
    expect(spread(xavierUniform_(weight(), { generator })).largest / Math.sqrt(6 / (288 + 576))).toBeCloseTo(
      1,
      2,
    );
  });

  it('› the same seed draws the same weights, and drawing records no gradient', () => {
    const make = () => new Linear(4, 3, { generator: new Generator(9) });
    expect(numbers(make().weight)).toEqual(numbers(make().weight));
    const trained = zeros([3, 4], { requiresGrad: true });
    heNormal_(trained);
    expect(trained.requiresGrad).toBe(true);
  });

  it('› refuses a tensor without a fan', () => {
    expect(() => heNormal_(zeros([3]))).toThrow(/heNormal_: a tensor of shape \[3\] has no fan/);
  });

  it('› the layers start at PyTorch’s bounds', () => {
    expect(spread(new Conv2d(8, 32, 3).weight).largest).toBeLessThanOrEqual(1 / Math.sqrt(72) + 1e-7);
    expect(spread(new LSTMCell(9, 16).weightInput).largest).toBeLessThanOrEqual(0.25);
    expect(numbers(new BatchNorm2d(2).weight)).toEqual([1, 1]);
  });
});

describe('LSTMCell', () => {
  it('› starts from zeros', () => {
    const cell = new LSTMCell(2, 3, { generator: new Generator(1) });
    const x = ones([2, 2]);
    const explicit = cell.forward(x, cell.initialState(2));
    expect(numbers(cell.forward(x).hidden)).toEqual(numbers(explicit.hidden));
  });
});

describe('Sequential', () => {
  it('› frees what one layer hands to the next, and neither its input nor its parameters', () => {
    const net = new Sequential([new Linear(3, 3), new ReLU(), new Dropout(0.5).eval(), new Linear(3, 2)]);
    const x = keep(ones([1, 3]));
    const before = liveTensors();
    const y = noGrad(() => net.forward(x));
    expect(liveTensors()).toBe(before + 1);
    expect(y.shape).toEqual([1, 2]);
    expect(x.disposed).toBe(false);
    net.dispose();
  });

  it('› an empty chain is its input', () => {
    const x = ones([1]);
    expect(new Sequential([]).forward(x)).toBe(x);
  });

  it('in-place ReLU › is refused by autograd where its input is needed', () => {
    const net = new Sequential([new Linear(3, 3)]);
    expect(() => {
      const squashed = net.forward(ones([1, 3])).sigmoid();
      new ReLU({ inPlace: true }).forward(squashed).sum().backward();
    }).toThrow(TorchError);
  });
});

describe('the operator that the LSTM cell calls', () => {
  it('› equals the equations', () => {
    const cell = new LSTMCell(1, 1, { bias: false });
    noGrad(() => cell.weightInput.copyFrom_(arange(1, 5).reshape([4, 1]).mul(0.1)));
    const { hidden, cell: state } = noGrad(() => cell.forward(ones([1, 1])));
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    const expected = sigmoid(0.1) * Math.tanh(0.3); // i ∘ g, from an empty cell
    expect(state.item()).toBeCloseTo(expected, 6);
    expect(hidden.item()).toBeCloseTo(sigmoid(0.4) * Math.tanh(expected), 6);
  });
});
