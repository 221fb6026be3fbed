import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampledNetworks } from '../../../test/convolutional-samples.ts';
import {
  CIFAR10_INPUT,
  type ConvolutionalArchitecture,
  convolutional,
  describeArchitecture,
  InvalidArchitectureError,
  planNetwork,
} from '../index.ts';

const network: ConvolutionalArchitecture = {
  kind: 'convolutional',
  version: 2,
  layers: [
    {
      kind: 'convolution',
      filterHeight: 3,
      filterWidth: 5,
      strideHeight: 1,
      strideWidth: 1,
      filterCount: 24,
      batchNorm: true,
      inputs: [0],
    },
    { kind: 'max-pooling', windowHeight: 2, windowWidth: 2, strideHeight: 2, strideWidth: 2, inputs: [1] },
  ],
  outputs: [2],
};

describe('the description of a convolutional network', () => {
  it('lists its layers with shapes, costs and edges', () => {
    expect(convolutional().describe?.(network)?.layers).toEqual([
      { kind: 'input', label: 'image', output: [3, 32, 32], parameters: 0, flops: 0, inputs: [] },
      {
        kind: 'convolution',
        label: 'conv 3×5, 24 filters · bn · relu',
        output: [24, 32, 32],
        parameters: 1128,
        flops: 1080 * 1024,
        inputs: [0],
      },
      {
        kind: 'max-pooling',
        label: 'max pool 2×2, stride 2×2',
        output: [24, 16, 16],
        parameters: 0,
        flops: 0,
        inputs: [1],
      },
      {
        kind: 'classifier',
        label: 'average pool · linear, 10 classes',
        output: [10],
        parameters: 250,
        flops: 240,
        inputs: [2],
      },
    ]);
  });

  it('has the edges and costs of the plan, whatever the layers (property)', () => {
    fc.assert(
      fc.property(sampledNetworks(), ({ space, architecture }) => {
        const described = space.describe?.(architecture);
        const plan = planNetwork(architecture, CIFAR10_INPUT);
        expect(described?.layers.slice(1).map(({ inputs }) => inputs)).toEqual([
          ...architecture.layers.map(({ inputs }) => inputs),
          architecture.outputs,
        ]);
        expect(described?.parameters).toBe(plan.parameters);
        expect(described?.layers.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(plan.parameters);
        expect(described?.layers.reduce((sum, { flops }) => sum + flops, 0)).toBe(plan.flops);
      }),
      { numRuns: 200 },
    );
  });

  it('needs no space for an architecture from a store', () => {
    expect(describeArchitecture(JSON.parse(JSON.stringify(network)))).toEqual(
      convolutional().describe?.(network),
    );
    expect(describeArchitecture({ kind: 'mine' })).toBeNull();
    expect(describeArchitecture(7)).toBeNull();
    expect(() => describeArchitecture({ kind: 'convolutional' })).toThrow(InvalidArchitectureError);
  });
});
