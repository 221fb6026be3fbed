import { type Device, empty, type Generator, noGrad, type Tensor } from '@nascent/torch';
import type { Dropout } from './recipe.ts';

/** The masks of one sequence: what is multiplied where. Null where nothing is dropped. */
export interface Masks {
  /** [vocabulary, 1]: by word. */
  readonly embedding: Tensor | null;
  /** For each layer [1 or steps, batch, hidden]. */
  readonly inputs: readonly (Tensor | null)[];
  /** For each layer [batch, hidden]. */
  readonly recurrent: readonly (Tensor | null)[];
  /** [1 or steps, batch, hidden] */
  readonly output: Tensor | null;
}

/** Draws the masks of one sequence, the same on every device. They belong to the current scope. */
export function drawMasks(
  dropout: Dropout,
  sizes: {
    readonly vocabulary: number;
    readonly hidden: number;
    readonly layers: number;
    readonly steps: number;
    readonly batch: number;
  },
  generator: Generator,
  device: Device = 'cpu',
): Masks {
  const { vocabulary, hidden, layers, steps, batch } = sizes;
  const draw = (share: number, shape: readonly number[]): Tensor | null =>
    share === 0
      ? null
      : noGrad(() =>
          empty(shape)
            .bernoulli_(1 - share, generator)
            .mul_(1 / (1 - share))
            .to(device),
        );
  const sequence = [dropout.variational ? 1 : steps, batch, hidden];
  const each = <T>(make: () => T): readonly T[] => Array.from({ length: layers }, make);
  return {
    embedding: draw(dropout.embedding, [vocabulary, 1]),
    inputs: each(() => draw(dropout.input, sequence)),
    recurrent: each(() => draw(dropout.recurrent, [batch, hidden])),
    output: draw(dropout.output, sequence),
  };
}
