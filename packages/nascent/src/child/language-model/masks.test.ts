import { Generator, scope, type Tensor } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { drawMasks } from './masks.ts';
import { type Dropout, dropoutSchema } from './recipe.ts';

const sizes = { vocabulary: 4000, hidden: 50, layers: 2, steps: 7, batch: 20 };
const none: Dropout = { embedding: 0, input: 0, recurrent: 0, output: 0, variational: true };

/** The masks drawn: shape and numbers of each. */
function masks(dropout: Partial<Dropout>, seed = 1) {
  return scope(() => {
    const drawn = drawMasks({ ...none, ...dropout }, sizes, new Generator(seed));
    const plain = (mask: Tensor | null) => mask && { shape: [...mask.shape], values: mask.toNumbers() };
    return {
      embedding: plain(drawn.embedding),
      inputs: drawn.inputs.map(plain),
      recurrent: drawn.recurrent.map(plain),
      output: plain(drawn.output),
    };
  });
}

describe('masks of dropout', () => {
  it('drop the given share, and scale up what they keep', () => {
    const drawn = masks({ embedding: 0.25 }).embedding?.values ?? [];
    expect(new Set(drawn)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    const dropped = drawn.filter((value) => value === 0).length / drawn.length;
    // 4,000 draws: a deviation of 0.007, and seven of them.
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.05);
  });

  it('are one for all steps of a sequence where they are variational, else one for each', () => {
    const shapes = (variational: boolean) => {
      const { inputs, output } = masks({ input: 0.5, output: 0.5, variational });
      return [...inputs, output].map((mask) => mask?.shape);
    };
    expect(shapes(true)).toEqual(Array(3).fill([1, 20, 50]));
    expect(shapes(false)).toEqual(Array(3).fill([7, 20, 50]));
  });

  it('differ from layer to layer, and are the same with the same seed', () => {
    const { inputs } = masks({ input: 0.5 });
    expect(inputs[0]).not.toEqual(inputs[1]);
    expect(masks({ input: 0.5 }).inputs).toEqual(inputs);
    expect(masks({ input: 0.5 }, 2).inputs).not.toEqual(inputs);
  });

  it('are none where nothing is dropped', () => {
    expect(masks({})).toEqual({
      embedding: null,
      inputs: [null, null],
      recurrent: [null, null],
      output: null,
    });
  });

  it('are those of Gal & Ghahramani’s medium model by default', () => {
    expect(dropoutSchema.parse({})).toEqual({
      embedding: 0.2,
      input: 0.5,
      recurrent: 0.2,
      output: 0.5,
      variational: true,
    });
  });
});
