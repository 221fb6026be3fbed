import { readFileSync } from 'node:fs';
import {
  type ConvolutionalArchitecture,
  parseConvolutionalArchitecture,
} from '../../packages/nascent/src/search-space/index.ts';

type Size = readonly [height: number, width: number, filters: number];

/** A layer of `networks.json`; a bare size has stride 1 and reads the layer before. */
type Entry = Size | { readonly size: Size; readonly stride?: number; readonly inputs?: readonly number[] };

interface BenchNetwork {
  readonly about: string;
  readonly layers: readonly Entry[];
  /** What the classifier reads; the last layer where it is left out. */
  readonly outputs?: readonly number[];
}

function find(name: string): BenchNetwork {
  const networks = JSON.parse(readFileSync(new URL('networks.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, BenchNetwork>
  >;
  const network = networks[name];
  if (network === undefined) throw new Error(`name a network: ${Object.keys(networks).join(', ')}`);
  return network;
}

/** A network of `networks.json` in words. */
export const aboutNetwork = (name: string): string => find(name).about;

/** A network of `networks.json`: convolutions with batch norm and ReLU. @throws Error naming the networks there are */
export function benchNetwork(name: string): ConvolutionalArchitecture {
  const { layers, outputs } = find(name);
  return parseConvolutionalArchitecture({
    kind: 'convolutional',
    version: 2,
    layers: layers.map((entry, i) => {
      const { size, stride = 1, inputs = [i] } = 'size' in entry ? entry : { size: entry };
      const [filterHeight, filterWidth, filterCount] = size;
      return {
        kind: 'convolution',
        filterHeight,
        filterWidth,
        strideHeight: stride,
        strideWidth: stride,
        filterCount,
        batchNorm: true,
        inputs,
      };
    }),
    outputs: outputs ?? [layers.length],
  });
}
