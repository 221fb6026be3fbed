import {
  Adam,
  clipGradNorm,
  Generator,
  Linear,
  liveTensors,
  randn,
  readSafetensors,
  SGD,
  scope,
  type Tensor,
  TorchError,
  tensor,
  writeSafetensors,
  zeros,
} from '@nascent/torch';
import { describe, expect, it } from 'vitest';

const numbers = (value: Tensor): number[] => Array.from(value.toFloat32());

/** A linear regression, always the same. */
function problem() {
  const generator = new Generator(1);
  const net = new Linear(3, 1, { generator });
  const x = randn([8, 3], { generator });
  const target = randn([8, 1], { generator });
  const backward = (): number =>
    scope(() => {
      const loss = net.forward(x).sub(target).pow(2).mean();
      loss.backward();
      return loss.item();
    });
  return { net, backward };
}

type Optimiser = SGD | Adam;
const kinds: [string, (parameters: Tensor[], learningRate: number) => Optimiser][] = [
  [
    'SGD',
    (parameters, learningRate) =>
      new SGD(parameters, { learningRate, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  ],
  ['Adam', (parameters, learningRate) => new Adam(parameters, { learningRate, weightDecay: 0.01 })],
];

describe.each(kinds)('%s', (_name, make) => {
  it('› lowers a loss', () => {
    const { net, backward } = problem();
    const optimiser = make(net.parameters(), 0.05);
    const losses = Array.from({ length: 50 }, () => {
      optimiser.zeroGrad();
      const loss = backward();
      optimiser.step();
      return loss;
    });
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.8);
  });

  it('› goes on exactly where its saved state left off', () => {
    const straight = problem();
    const whole = make(straight.net.parameters(), 0.05);
    const broken = problem();
    const before = make(broken.net.parameters(), 0.05);
    const step = ({ backward }: ReturnType<typeof problem>, optimiser: Optimiser): void => {
      optimiser.zeroGrad();
      backward();
      optimiser.step();
    };
    for (let i = 0; i < 5; i++) {
      step(straight, whole);
      step(broken, before);
    }
    const after = make(broken.net.parameters(), 1); // the learning rate comes with the state
    after.loadStateDict(readSafetensors(writeSafetensors(before.stateDict())).tensors);
    before.dispose();
    for (let i = 0; i < 5; i++) {
      step(straight, whole);
      step(broken, after);
    }
    expect(after.learningRate).toBe(0.05);
    expect(numbers(broken.net.weight)).toEqual(numbers(straight.net.weight));
    expect(numbers(broken.net.bias as Tensor)).toEqual(numbers(straight.net.bias as Tensor));
  });

  it('› leaves a parameter without a gradient alone', () => {
    const idle = zeros([2], { requiresGrad: true });
    const { net, backward } = problem();
    const optimiser = make([...net.parameters(), idle], 0.1);
    backward();
    optimiser.step();
    expect(numbers(idle)).toEqual([0, 0]);
  });

  it('› step and zeroGrad leave no tensor behind; dispose frees the state', () => {
    const { net, backward } = problem();
    const before = liveTensors();
    const optimiser = make(net.parameters(), 0.1);
    const live = liveTensors();
    backward();
    optimiser.step();
    optimiser.zeroGrad();
    expect(net.weight.grad).toBe(null);
    expect(liveTensors()).toBe(live);
    optimiser.dispose();
    expect(liveTensors()).toBe(before);
  });

  it('› refuses a state dict of other parameters, naming the entries', () => {
    const optimiser = make([zeros([2], { requiresGrad: true })], 0.1);
    const state = make([zeros([3], { requiresGrad: true })], 0.1).stateDict();
    expect(() => optimiser.loadStateDict(state)).toThrow(/\.0 is \[3\], expected \[2\]/);
    expect(() => optimiser.loadStateDict(new Map())).toThrow(/missing: /);
  });

  it('› refuses settings that cannot be meant, and an empty list', () => {
    const parameter = zeros([1], { requiresGrad: true });
    expect(() => make([parameter], -1)).toThrow(/learningRate is -1; give a number of at least 0/);
    expect(() => make([parameter], Number.NaN)).toThrow(TorchError);
    expect(() => make([], 0.1)).toThrow(/no parameters/);
  });

  it('› refuses a tensor that is not trained', () => {
    expect(() => make([zeros([1])], 0.1)).toThrow(/parameter 0 .* does not require a gradient/);
  });
});

describe('Adam', () => {
  it('› steps with gradients given instead of those of backward', () => {
    const one = zeros([2], { requiresGrad: true });
    const other = zeros([2], { requiresGrad: true });
    const gradient = tensor([1, -2]);
    new Adam([one], { learningRate: 0.1 }).step([gradient]);
    other.backward(gradient);
    new Adam([other], { learningRate: 0.1 }).step();
    expect(numbers(one)).toEqual(numbers(other));
    expect(numbers(one)[0]).toBeCloseTo(-0.1, 6);
  });

  it('› a parameter that joins later starts its own bias correction', () => {
    const early = zeros([1], { requiresGrad: true });
    const late = zeros([1], { requiresGrad: true });
    const optimiser = new Adam([early, late], { learningRate: 0.1 });
    for (let i = 0; i < 3; i++) {
      early.backward(tensor([1]));
      optimiser.step();
      optimiser.zeroGrad();
    }
    late.backward(tensor([1]));
    optimiser.step();
    expect(late.item()).toBeCloseTo(-0.1, 6); // a first step has the length of the learning rate
  });
});

describe('clipGradNorm', () => {
  it('› leaves short gradients alone and reports the norm', () => {
    const parameter = zeros([2], { requiresGrad: true });
    parameter.backward(tensor([3, 4]));
    expect(clipGradNorm([parameter], 10)).toBeCloseTo(5, 6);
    expect(numbers(parameter.grad as Tensor)).toEqual([3, 4]);
    expect(clipGradNorm([parameter], 1)).toBeCloseTo(5, 6);
    expect(numbers(parameter.grad as Tensor)[0]).toBeCloseTo(0.6, 5);
  });

  it('› without gradients the norm is 0', () => {
    expect(clipGradNorm([zeros([2], { requiresGrad: true })], 1)).toBe(0);
  });
});

describe('state that does not fit', () => {
  it('is refused, and nothing of it stays', () => {
    const small = zeros([2], { requiresGrad: true });
    // Takes four bytes here, and four petabytes as a tensor of its own.
    const vast = zeros([1]).expand([1e15]).setRequiresGrad(true);
    const before = liveTensors();
    expect(() => new Adam([small, vast], { learningRate: 1 })).toThrow(
      expect.objectContaining({ code: 'OUT_OF_MEMORY' }),
    );
    expect(() => new SGD([small, vast], { learningRate: 1, momentum: 0.9 })).toThrow(
      expect.objectContaining({ code: 'OUT_OF_MEMORY' }),
    );
    expect(liveTensors()).toBe(before);
  });
});
