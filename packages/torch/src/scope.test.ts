import { describe, expect, it } from 'vitest';
import {
  enableGrad,
  keep,
  liveTensors,
  nativeBytes,
  noGrad,
  ones,
  peakNativeBytes,
  releaseMemory,
  scope,
  type Tensor,
  TorchError,
  tensor,
  zeros,
} from './index.ts';

describe('scope', () => {
  it('frees what was made in it', () => {
    const before = [liveTensors(), nativeBytes()];
    const leaked = scope(() => {
      const made = zeros([1000]);
      return () => made; // a function is not searched for tensors
    });
    expect([liveTensors(), nativeBytes()]).toEqual(before);
    expect(leaked().disposed).toBe(true);
  });

  it('spares tensors in what it returns, at any depth', () => {
    const before = liveTensors();
    const { list, map, deep, set } = scope(() => {
      ones([1]).add(1);
      return {
        list: [ones([1])],
        map: new Map([['w', ones([1])]]),
        deep: { a: { b: [[ones([1])]] } },
        set: new Set([ones([1])]),
      };
    });
    expect(liveTensors() - before).toBe(4);
    const all = [...list, ...map.values(), ...deep.a.b.flat(), ...set];
    for (const survivor of all) {
      expect(survivor.item()).toBe(1);
      survivor.dispose();
    }
    expect(liveTensors()).toBe(before);
  });

  it('hands survivors to the scope around it', () => {
    const before = liveTensors();
    scope(() => {
      const inner = scope(() => ones([2]));
      expect(inner.disposed).toBe(false);
      expect(liveTensors()).toBe(before + 1);
    });
    expect(liveTensors()).toBe(before);
  });

  it('returning a tensor of an outer scope does not give it a second owner', () => {
    const before = liveTensors();
    scope(() => {
      const outer = ones([2]);
      scope(() => scope(() => outer));
      expect(outer.disposed).toBe(false);
    });
    expect(liveTensors()).toBe(before);
  });

  it('follows cycles once', () => {
    interface Node {
      value: Tensor;
      next?: Node;
    }
    const node = scope(() => {
      const first: Node = { value: ones([1]) };
      first.next = first;
      return first;
    });
    expect(node.value.item()).toBe(1);
    node.value.dispose();
  });

  it('frees everything when the callback throws, at every level', () => {
    const before = liveTensors();
    const failing = (): never => {
      throw new RangeError('mine');
    };
    expect(() =>
      scope(() => {
        ones([1]);
        return scope(() => [ones([1]), failing()]);
      }),
    ).toThrow('mine');
    expect(liveTensors()).toBe(before);
    expect(scope(() => ones([1]).item())).toBe(1); // and scopes go on working
  });

  it('keep() moves a tensor out of every scope', () => {
    const kept = scope(() => scope(() => ({ hidden: () => keep(ones([3])) })).hidden());
    expect(kept.disposed).toBe(false);
    let inner: Tensor | undefined;
    scope(() => {
      inner = keep(ones([1]));
    });
    expect(inner?.disposed).toBe(false);
    inner?.dispose();
    kept.dispose();
  });

  it('refuses an asynchronous callback, by type and at run time', async () => {
    const before = liveTensors();
    // @ts-expect-error a promise's tensors would be freed under it
    const run = (): unknown => scope(async () => ones([1]));
    expect(run).toThrow(TorchError);
    expect(run).toThrow(/promise/);
    await Promise.resolve();
    // @ts-expect-error the same for noGrad
    expect(() => noGrad(() => Promise.resolve(1))).toThrow(TorchError);
    expect(liveTensors()).toBeLessThanOrEqual(before + 2);
  });

  it('disposing twice is allowed; a used slot does not answer to an old tensor', () => {
    const old = ones([1]);
    old.dispose();
    old.dispose();
    const young = zeros([1]); // most likely in the same slot
    expect(old.disposed).toBe(true);
    expect(() => old.item()).toThrow(/disposed/);
    expect(young.item()).toBe(0);
    young.dispose();
  });
});

describe('noGrad', () => {
  it('records nothing, nests, and ends when the callback throws', () => {
    scope(() => {
      const w = ones([1], { requiresGrad: true });
      expect(w.mul(2).requiresGrad).toBe(true);
      noGrad(() => {
        expect(w.mul(2).requiresGrad).toBe(false);
        enableGrad(() => expect(w.mul(2).requiresGrad).toBe(true));
        noGrad(() => {});
        expect(w.mul(2).requiresGrad).toBe(false);
      });
      expect(() =>
        noGrad(() => {
          throw new Error('mine');
        }),
      ).toThrow('mine');
      expect(w.mul(2).requiresGrad).toBe(true);
    });
  });
});

describe('counters', () => {
  it('nativeBytes follows a tensor of known size, and its views cost nothing', () => {
    scope(() => {
      const before = nativeBytes();
      const big = zeros([1 << 20]);
      const held = nativeBytes() - before;
      expect(held).toBeGreaterThanOrEqual(4 << 20);
      expect(held).toBeLessThan((4 << 20) + 4096);
      big.reshape([1024, 1024]).t();
      expect(nativeBytes() - before).toBe(held);
    });
  });

  it('peakNativeBytes remembers the most', () => {
    peakNativeBytes({ reset: true });
    const before = peakNativeBytes();
    scope(() =>
      zeros([1 << 20])
        .add(1)
        .sum()
        .item(),
    );
    expect(peakNativeBytes() - before).toBeGreaterThanOrEqual(8 << 20);
    peakNativeBytes({ reset: true });
    expect(peakNativeBytes()).toBeLessThan(before + (8 << 20));
  });

  it.runIf(process.platform === 'linux')('releaseMemory gives freed memory back to the system', () => {
    const size = 256 << 20;
    scope(() => Array.from({ length: 8 }, () => zeros([size / 32]).add(1)));
    const kept = process.memoryUsage.rss();
    releaseMemory();
    expect(kept - process.memoryUsage.rss()).toBeGreaterThan(size / 2);
  });

  it('autograd counts: what is saved for backward is held until the graph goes', () => {
    const before = nativeBytes();
    const loss = scope(() => tensor([1, 2], { requiresGrad: true }).exp().sum());
    expect(nativeBytes()).toBeGreaterThan(before);
    loss.dispose();
    expect(nativeBytes()).toBe(before);
  });
});
