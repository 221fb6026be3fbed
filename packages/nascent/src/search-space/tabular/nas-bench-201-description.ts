import type { ImageInput, LayerDescription, NetworkDescription } from '../network-description.ts';
import { CIFAR10_INPUT } from '../network-description.ts';
import type { NasBench201Operation } from './nas-bench-201.ts';

/** Cells in each of the three stages; the same cell everywhere (Dong & Yang 2020, §2.1 and fig. 1). */
const CELLS = 5;
const STAGE_CHANNELS = [16, 32, 64] as const;
const LAST_CHANNELS = 64;

/** Trainable parameters, and multiply-adds for one example with the bias of the linear layer, as the table counts them. */
export interface NasBench201Cost {
  readonly parameters: number;
  readonly flops: number;
}

/**
 * The cost of any cell's network, in closed form: linear in the numbers of 3×3 and of 1×1 convolutions. For CIFAR-10
 * it is 73,306 + 243,040 (3×3) + 28,000 (1×1) parameters and 7,783,050 + 35,389,440 (3×3) + 3,932,160 (1×1) FLOPs.
 * @param input the images; CIFAR-10's by default
 * @returns a function of the six operations
 */
export function nasBench201Cost(
  input: ImageInput = CIFAR10_INPUT,
): (operations: readonly NasBench201Operation[]) => NasBench201Cost {
  const fixed = describeNasBench201([], input);
  const with3x3 = describeNasBench201(['nor_conv_3x3'], input);
  const with1x1 = describeNasBench201(['nor_conv_1x1'], input);
  return (operations) => {
    let [threes, ones] = [0, 0];
    for (const operation of operations) {
      if (operation === 'nor_conv_3x3') threes++;
      else if (operation === 'nor_conv_1x1') ones++;
    }
    const of = (count: keyof NasBench201Cost) =>
      fixed[count] + threes * (with3x3[count] - fixed[count]) + ones * (with1x1[count] - fixed[count]);
    return { parameters: of('parameters'), flops: of('flops') };
  };
}

/**
 * The network for drawings: a stem, three stages of five cells with a residual block of stride 2 between them,
 * and the classifier. The five equal cells of a stage are drawn as one; its nodes count for all five.
 */
export function describeNasBench201(
  operations: readonly NasBench201Operation[],
  input: ImageInput = CIFAR10_INPUT,
): NetworkDescription {
  const { channels, classes } = input;
  let { height, width } = input;
  const layers: LayerDescription[] = [
    { kind: 'input', label: 'image', output: [channels, height, width], ...FREE, inputs: [] },
  ];
  const add = (kind: string, label: string, output: readonly number[], cost: NasBench201Cost): void => {
    layers.push({ kind, label, output, ...cost, inputs: [layers.length - 1] });
  };

  const [first] = STAGE_CHANNELS;
  add('convolution', `conv 3×3, ${first} filters · bn`, [first, height, width], {
    parameters: 9 * channels * first + 2 * first,
    flops: 9 * channels * first * height * width,
  });
  for (const [stage, filters] of STAGE_CHANNELS.entries()) {
    const before = STAGE_CHANNELS[stage - 1];
    if (before !== undefined) {
      [height, width] = [Math.ceil(height / 2), Math.ceil(width / 2)];
      const label = `residual block, ${filters} filters, stride 2`;
      add('residual-block', label, [filters, height, width], residualCost(before, filters, height * width));
    }
    layers.push(...stageNodes(operations, [filters, height, width], layers.length - 1));
  }
  add('classifier', `bn · relu · average pool · linear, ${classes} classes`, [classes], {
    parameters: 2 * LAST_CHANNELS + LAST_CHANNELS * classes + classes,
    flops: LAST_CHANNELS * classes + classes,
  });
  return {
    layers,
    parameters: layers.reduce((total, layer) => total + layer.parameters, 0),
    flops: layers.reduce((total, layer) => total + layer.flops, 0),
  };
}

const FREE: NasBench201Cost = { parameters: 0, flops: 0 };

/** Edges of nodes 1, 2 and 3 as positions in the six operations, from node 0 upwards. */
const EDGES_INTO = [[0], [1, 2], [3, 4, 5]] as const;

/** Nodes 1 to 3 of the cells of one stage. @param entry the layer that is node 0 */
function stageNodes(
  operations: readonly NasBench201Operation[],
  output: readonly [channels: number, height: number, width: number],
  entry: number,
): LayerDescription[] {
  const [channels, height, width] = output;
  return EDGES_INTO.map((edges, i) => {
    const incoming = edges
      .map((edge, from) => ({ from, operation: operations[edge] ?? 'none' }))
      .filter(({ operation }) => operation !== 'none');
    const costs = incoming.map(({ operation }) => operationCost(operation, channels, height * width));
    const sum = incoming.map(({ from, operation }) => `${LABELS[operation]} (${from})`).join(' + ');
    return {
      kind: 'cell-node',
      label: `${CELLS} cells, node ${i + 1}: ${sum === '' ? 'zeros' : sum}`,
      output,
      parameters: CELLS * costs.reduce((total, cost) => total + cost.parameters, 0),
      flops: CELLS * costs.reduce((total, cost) => total + cost.flops, 0),
      inputs: incoming.map(({ from }) => entry + from),
    };
  });
}

const LABELS: Readonly<Record<NasBench201Operation, string>> = {
  none: 'none',
  skip_connect: 'skip',
  nor_conv_1x1: 'conv 1×1',
  nor_conv_3x3: 'conv 3×3',
  avg_pool_3x3: 'average pool 3×3',
};

/** ReLU, convolution without bias, batch normalisation (scale and shift); the other operations have no weights. */
function operationCost(operation: NasBench201Operation, channels: number, pixels: number): NasBench201Cost {
  if (operation !== 'nor_conv_1x1' && operation !== 'nor_conv_3x3') return FREE;
  const weights = (operation === 'nor_conv_3x3' ? 9 : 1) * channels * channels;
  return { parameters: weights + 2 * channels, flops: weights * pixels };
}

/** Two 3×3 convolutions with batch normalisation; the shortcut is an average pool and a bare 1×1 convolution. */
function residualCost(from: number, to: number, pixels: number): NasBench201Cost {
  const weights = 9 * from * to + 9 * to * to + from * to;
  return { parameters: weights + 4 * to, flops: weights * pixels };
}
