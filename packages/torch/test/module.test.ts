import {
  BatchNorm2d,
  Conv2d,
  Linear,
  liveTensors,
  Module,
  noGrad,
  ones,
  Sequential,
  SGD,
  scope,
  type Tensor,
  TorchError,
  zeros,
} from '@nascent/torch';
import { describe, expect, it } from 'vitest';

class Net extends Module {
  readonly features = this.child('features', new Sequential([new Conv2d(1, 2, 3), new BatchNorm2d(2)]));
  readonly head = this.child('head', new Linear(2, 3));
  readonly scale = this.parameter('scale', ones([1]));
}

class Odd extends Module {
  constructor(register: (odd: { parameter(name: string, value: Tensor): void }) => void) {
    super();
    register({ parameter: (name, value) => this.parameter(name, value) });
  }
}

const names = [
  'scale',
  'features.0.weight',
  'features.0.bias',
  'features.1.weight',
  'features.1.bias',
  'head.weight',
  'head.bias',
];
const buffers = ['features.1.running_mean', 'features.1.running_var'];

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof TorchError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('module › what it owns', () => {
  it('names parameters and buffers by path', () => {
    const net = new Net();
    expect([...net.namedParameters().keys()]).toEqual(names);
    expect([...net.namedBuffers().keys()]).toEqual(buffers);
    expect([...net.stateDict().keys()]).toEqual([...names, ...buffers]);
    expect(net.parameters().every((tensor) => tensor.requiresGrad)).toBe(true);
    expect([...net.namedBuffers().values()].some((tensor) => tensor.requiresGrad)).toBe(false);
  });

  it('counts a shared tensor once', () => {
    const linear = new Linear(3, 4);
    class Twice extends Module {
      readonly a = this.child('a', linear);
      readonly b = this.child('b', linear);
    }
    expect(new Twice().parameterCount()).toBe(3 * 4 + 4);
    expect(new Twice().parameters().length).toBe(2);
    expect(new Twice().namedParameters().size).toBe(4);
  });

  it('counts parameters, not buffers', () => {
    expect(new Net().parameterCount()).toBe(1 + (2 * 9 + 2) + (2 + 2) + (2 * 3 + 3));
  });

  it('switches children between training and evaluation', () => {
    const net = new Net();
    expect(net.head.training).toBe(true);
    expect(net.eval()).toBe(net);
    expect(net.head.training || net.features.training || net.training).toBe(false);
    net.train();
    expect(net.head.training && net.features.training && net.training).toBe(true);
  });

  it('outlives the scope it was made in, and dispose frees everything', () => {
    const before = liveTensors();
    const net = scope(() => {
      const made = new Net();
      return made;
    });
    expect(net.scale.item()).toBe(1);
    net.dispose();
    expect(liveTensors()).toBe(before);
  });

  it('refuses a name that is taken, empty or contains a dot', () => {
    const twice = () =>
      new Odd((odd) => {
        odd.parameter('w', zeros([1]));
        odd.parameter('w', zeros([1]));
      });
    expect(messageOf(twice)).toMatch(/^BAD_ARGUMENT: Odd: the name "w" is registered twice/);
    expect(messageOf(() => new Odd((odd) => odd.parameter('a.b', zeros([1]))))).toMatch(
      /"a\.b" cannot be a name/,
    );
  });
});

describe('module › state dicts', () => {
  it('load what another module saved', () => {
    const [from, to] = [new Net(), new Net()];
    noGrad(() => from.features.forward(ones([1, 1, 5, 5])));
    to.loadStateDict(from.stateDict());
    for (const [name, tensor] of to.stateDict()) {
      expect(Array.from(tensor.toFloat32())).toEqual(
        Array.from(from.stateDict().get(name)?.toFloat32() ?? []),
      );
    }
    expect(to.scale.requiresGrad).toBe(true);
  });

  it('convert the dtype', () => {
    const [from, to] = [new Linear(2, 2).to('float64'), new Linear(2, 2)];
    to.loadStateDict(from.stateDict());
    expect(to.weight.dtype).toBe('float32');
  });

  it('name every missing, unexpected and wrongly shaped entry, and load nothing', () => {
    const net = new Net();
    const state = new Map(new Net().stateDict());
    state.delete('head.bias');
    state.set('head.gain', zeros([1]));
    state.set('scale', zeros([2]));
    state.set('head.weight', zeros([3, 2]));
    const before = Array.from(net.head.weight.toFloat32());
    const message = messageOf(() => net.loadStateDict(state));
    expect(message).toMatch(/^STATE_DICT_MISMATCH: Net: the state dict does not fit this module/);
    expect(message).toContain('missing: head.bias.');
    expect(message).toContain('unexpected: head.gain.');
    expect(message).toContain('wrong shape: scale is [2], expected [1].');
    expect(Array.from(net.head.weight.toFloat32())).toEqual(before);
  });

  it('load what fits when not strict, and say what did not', () => {
    const net = new Net();
    const state = new Map([
      ['scale', zeros([1])],
      ['other', zeros([1])],
    ]);
    const difference = net.loadStateDict(state, { strict: false });
    expect(net.scale.item()).toBe(0);
    expect(difference.missing).toEqual([...names.slice(1), ...buffers]);
    expect(difference.unexpected).toEqual(['other']);
    expect(messageOf(() => net.loadStateDict(new Map([['scale', zeros([2])]]), { strict: false }))).toContain(
      'wrong shape',
    );
  });

  it('accept PyTorch’s num_batches_tracked', () => {
    const net = new Net();
    const state = new Map(net.stateDict()).set(
      'features.1.num_batches_tracked',
      zeros([], { dtype: 'int64' }),
    );
    expect(net.loadStateDict(state).unexpected).toEqual([]);
    expect(() => net.loadStateDict(new Map(state).set('num_batches_tracked', zeros([])))).toThrow(
      /unexpected/,
    );
  });
});

describe('module › to', () => {
  it('converts floating-point tensors in place: whoever holds a parameter holds the converted one', () => {
    const net = new Linear(2, 1);
    const optimiser = new SGD(net.parameters(), { learningRate: 1 });
    const { weight } = net;
    const live = liveTensors();
    net.to('float64');
    expect(liveTensors()).toBe(live);
    expect(net.weight).toBe(weight);
    expect(weight.dtype).toBe('float64');
    expect(weight.requiresGrad).toBe(true);
    const before = Array.from(weight.toFloat32());
    scope(() =>
      net
        .forward(ones([1, 2], { dtype: 'float64' }))
        .sum()
        .backward(),
    );
    optimiser.step();
    expect(Array.from(weight.toFloat32()).map((value, i) => (before[i] ?? 0) - value)).toEqual([
      expect.closeTo(1, 5),
      expect.closeTo(1, 5),
    ]);
  });
});
