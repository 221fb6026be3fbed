import type { TreeActivation, TreeCombination, TreeOperation, TreeProgram } from '@nascent/torch';
import * as fc from 'fast-check';

export const combinations: readonly TreeCombination[] = ['add', 'multiply', 'max'];
export const activations: readonly TreeActivation[] = ['identity', 'tanh', 'sigmoid', 'relu', 'sin'];

const op = (combination: TreeCombination, activation: TreeActivation): TreeOperation => ({
  combination,
  activation,
});
const node = (left: number, right: number, combination: TreeCombination, activation: TreeActivation) => ({
  left,
  right,
  combination,
  activation,
});

/** NASCell of TensorFlow's contrib library: the best cell of Zoph & Le 2017. */
export const nasCell: TreeProgram = {
  leaves: [
    op('add', 'sigmoid'),
    op('add', 'relu'),
    op('add', 'sigmoid'),
    op('multiply', 'relu'),
    op('add', 'tanh'),
    op('add', 'sigmoid'),
    op('add', 'tanh'),
    op('add', 'sigmoid'),
  ],
  nodes: [
    node(0, 1, 'multiply', 'tanh'),
    node(2, 3, 'add', 'tanh'),
    node(4, 5, 'multiply', 'tanh'),
    node(6, 7, 'add', 'sigmoid'),
    node(8, 9, 'multiply', 'tanh'),
    node(10, 11, 'add', 'tanh'),
    node(12, 13, 'multiply', 'tanh'),
  ],
  inject: { node: 8, ...op('add', 'tanh') },
  cell: 12,
};

/** An LSTM without biases, gates in libtorch's order: input, forget, cell, output. */
export const lstm: TreeProgram = {
  leaves: [op('add', 'sigmoid'), op('add', 'sigmoid'), op('add', 'tanh'), op('add', 'sigmoid')],
  nodes: [node(0, 2, 'multiply', 'identity'), node(4, 1, 'add', 'tanh'), node(5, 3, 'multiply', 'identity')],
  inject: { node: 1, ...op('multiply', 'identity') },
  cell: 5,
};

const operation = fc.record({
  combination: fc.constantFrom(...combinations),
  activation: fc.constantFrom(...activations),
});

/** Nodes whose sides are any earlier ones: also the same one twice, and nodes that nobody reads. */
export const anyProgram: fc.Arbitrary<TreeProgram> = fc
  .record({ leaves: fc.constantFrom(1, 2, 4, 8), inner: fc.integer({ min: 0, max: 9 }) })
  .chain(({ leaves, inner }) =>
    fc.record({
      leaves: fc.array(operation, { minLength: leaves, maxLength: leaves }),
      nodes: fc.tuple(
        ...Array.from({ length: inner }, (_, i) => {
          const earlier = fc.nat({ max: leaves + i - 1 });
          return fc
            .record({ left: earlier, right: earlier })
            .chain((sides) => operation.map((what) => ({ ...sides, ...what })));
        }),
      ),
      inject: fc
        .nat({ max: leaves + inner - 1 })
        .chain((at) => operation.map((what) => ({ node: at, ...what }))),
      cell: fc.nat({ max: leaves + inner - 1 }),
    }),
  );

/** Balanced binary trees, as the search space has them. */
export const treeProgram: fc.Arbitrary<TreeProgram> = fc.constantFrom(2, 4, 8).chain((leaves) =>
  fc
    .record({
      leaves: fc.array(operation, { minLength: leaves, maxLength: leaves }),
      inner: fc.array(operation, { minLength: leaves - 1, maxLength: leaves - 1 }),
      inject: operation,
      injected: fc.nat({ max: 2 * leaves - 2 }),
      cell: fc.nat({ max: 2 * leaves - 2 }),
    })
    .map(({ leaves: first, inner, inject, injected, cell }) => ({
      leaves: first,
      nodes: inner.map((what, i) => ({ left: 2 * i, right: 2 * i + 1, ...what })),
      inject: { node: injected, ...inject },
      cell,
    })),
);
