import { describe, expect, it } from 'vitest';
import { LayerGraph, type UnwiredLayer } from './layer-graph.ts';
import { planNetwork } from './plan.ts';

const convolution: UnwiredLayer = {
  kind: 'convolution',
  filterHeight: 3,
  filterWidth: 3,
  strideHeight: 1,
  strideWidth: 1,
  filterCount: 6,
  batchNorm: true,
};

/** The network of convolutions that read these predictions, from 1. */
function network(blockLayers: number, poolAfter: readonly number[], reads: readonly (readonly number[])[]) {
  const graph = new LayerGraph(blockLayers, poolAfter);
  for (const chosen of reads)
    graph.add(
      convolution,
      chosen.map((prediction) => prediction - 1),
    );
  return graph.architecture(null);
}
const edges = ({ layers, outputs }: ReturnType<typeof network>) => ({
  layers: layers.map(({ kind, inputs }) => `${kind === 'convolution' ? 'conv' : 'pool'} ${inputs.join(' ')}`),
  outputs,
});

describe('a layer graph', () => {
  it('without blocks and poolings has one layer for each prediction', () => {
    expect(edges(network(1, [], [[], [1], [1, 2]]))).toEqual({
      layers: ['conv 0', 'conv 1', 'conv 1 2'],
      outputs: [3],
    });
  });

  it('blocks › each layer reads the input of the block and the earlier layers of the block', () => {
    expect(edges(network(3, [], [[]])).layers).toEqual(['conv 0', 'conv 0 1', 'conv 0 1 2']);
  });

  it('blocks › whatever reads a block reads all its outputs, the classifier too', () => {
    const { layers, outputs } = edges(network(3, [], [[], [1], []]));
    expect(layers.slice(3, 6)).toEqual(['conv 1 2 3', 'conv 1 2 3 4', 'conv 1 2 3 4 5']);
    expect(layers.slice(6)).toEqual(['conv 0', 'conv 0 7', 'conv 0 7 8']);
    expect(outputs).toEqual([4, 5, 6, 7, 8, 9]); // the first block is read, the others are not
  });

  it('fixed poolings › whatever is read across one is pooled first, once for all its readers', () => {
    //  1 ─ pool(3) ─┬─ 2
    //               └─ 3
    expect(edges(network(1, [1], [[], [1], [1, 2]])).layers).toEqual([
      'conv 0',
      'pool 1',
      'conv 2',
      'conv 2 3',
    ]);
  });

  it('fixed poolings › the image is pooled as often for a layer that reads nothing else', () => {
    expect(edges(network(1, [1, 2], [[], [1], []]))).toEqual({
      layers: ['conv 0', 'pool 1', 'conv 2', 'pool 0', 'pool 4', 'conv 5', 'pool 3'],
      outputs: [6, 7],
    });
  });

  it('fixed poolings › what goes to the classifier from before one is pooled too', () => {
    const early = network(1, [1, 2], [[], [], [2]]);
    const plan = planNetwork(early, { channels: 3, height: 16, width: 16, classes: 10 });
    expect(plan.classifier.inputs.map(({ extent }) => [extent.height, extent.width])).toEqual([
      [4, 4],
      [4, 4],
    ]);
  });

  it('fixed poolings › one after the last prediction cuts nothing', () => {
    expect(edges(network(1, [2], [[], [1]]))).toEqual({ layers: ['conv 0', 'conv 1'], outputs: [2] });
  });

  it('v3 › 13 predictions are 39 convolutions, at 32, 16 and 8 pixels, and no reader sees two sizes', () => {
    const dense = Array.from({ length: 13 }, (_, i) => Array.from({ length: i }, (_, j) => j + 1));
    const plan = planNetwork(network(3, [4, 8], dense), { channels: 3, height: 32, width: 32, classes: 10 });
    const convolutions = plan.layers.filter(({ layer }) => layer.kind === 'convolution');
    expect(convolutions.map(({ output }) => output.height)).toEqual([
      ...Array.from({ length: 12 }, () => 32),
      ...Array.from({ length: 12 }, () => 16),
      ...Array.from({ length: 15 }, () => 8),
    ]);
    for (const { inputs } of [...plan.layers, plan.classifier])
      expect(new Set(inputs.map(({ extent }) => extent.height)).size).toBe(1);
  });
});
