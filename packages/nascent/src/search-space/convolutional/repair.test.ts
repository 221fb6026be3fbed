import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampledNetworks } from '../../../test/convolutional-samples.ts';
import { type Answer, type ConvolutionalArchitecture, convolutional, planNetwork } from '../index.ts';
import { zeroPadding } from './repair.ts';

const cnn = convolutional({ skips: true, stride: [1, 2, 3] });
interface Drawn {
  readonly stride: readonly [height: number, width: number];
  /** Chosen layers, from 1. */
  readonly reads: readonly number[];
}

/** The network whose layers answer so; all have 24 filters of 1×1. */
function drawn(...layers: readonly Drawn[]): ConvolutionalArchitecture {
  const dialogue = cnn.start({ layers: layers.length });
  for (const { stride, reads } of layers) {
    const answer = (decision: string, index: number): Answer => ({ kind: 'choice', decision, index });
    dialogue.answer(answer('filterHeight', 0));
    dialogue.answer(answer('filterWidth', 0));
    dialogue.answer(answer('strideHeight', stride[0] - 1));
    dialogue.answer(answer('strideWidth', stride[1] - 1));
    dialogue.answer(answer('filterCount', 0));
    dialogue.answer({ kind: 'anchor', decision: 'skip', chosen: reads.map((layer) => layer - 1) });
  }
  return dialogue.architecture();
}
const reading = (...reads: readonly number[]): Drawn => ({ stride: [1, 1], reads });
const inputsOf = ({ layers }: ConvolutionalArchitecture) => layers.map(({ inputs }) => inputs);

describe('skip connections', () => {
  it('a layer reads exactly the layers that were chosen, not the one before it unless chosen', () => {
    expect(inputsOf(drawn(reading(), reading(1), reading(1), reading(1, 3)))).toEqual([
      [0],
      [1],
      [1],
      [1, 3],
    ]);
  });

  it('repair 1 › a layer with no chosen input reads the image', () => {
    //  image ─┬─ 1 ── 3
    //         └─ 2
    const network = drawn(reading(), reading(), reading(1));
    expect(inputsOf(network)).toEqual([[0], [0], [1]]);
  });

  it('repair 1 › the image is not added where an input was chosen', () => {
    expect(inputsOf(drawn(reading(), reading(1)))[1]).toEqual([1]);
  });

  it('repair 2 › outputs that no layer reads are joined for the classifier', () => {
    //  image ─┬─ 1 ── 3 ── classifier
    //         ├─ 2 ─────────┤
    //         └─ 4 ─────────┘
    const network = drawn(reading(), reading(), reading(1), reading());
    expect(network.outputs).toEqual([2, 3, 4]);
    const { classifier } = planNetwork(network, { channels: 3, height: 8, width: 8, classes: 10 });
    expect(classifier.input).toEqual({ channels: 72, height: 8, width: 8 });
    expect(classifier.parameters).toBe(72 * 10 + 10);
  });

  it('repair 2 › the last layer always goes to the classifier, and alone in a chain', () => {
    expect(drawn(reading(), reading(1), reading(2)).outputs).toEqual([3]);
    expect(drawn(reading()).outputs).toEqual([1]);
  });

  it('repair 3 › smaller inputs are padded with zeros to the largest, the odd pixel at bottom and right', () => {
    // 1: 9×9 → 9×9; 2: stride 2×3 → 5×3; 3 reads both.
    const network = drawn(reading(), { stride: [2, 3], reads: [1] }, reading(1, 2));
    const third = planNetwork(network, { channels: 3, height: 9, width: 9, classes: 10 }).layers[2];
    expect(third?.inputs).toEqual([
      {
        source: 1,
        extent: { channels: 24, height: 9, width: 9 },
        padding: { top: 0, bottom: 0, left: 0, right: 0 },
      },
      {
        source: 2,
        extent: { channels: 24, height: 5, width: 3 },
        padding: { top: 2, bottom: 2, left: 3, right: 3 },
      },
    ]);
    expect(third?.input).toEqual({ channels: 48, height: 9, width: 9 });
    expect(zeroPadding({ height: 4, width: 1 }, { height: 9, width: 4 })).toEqual({
      top: 2,
      bottom: 3,
      left: 1,
      right: 2,
    });
  });

  it('repair 3 › the largest height and the largest width may come from different inputs', () => {
    // 1: stride 3×1 → 3×9; 2: stride 1×3 → 9×3; both go to the classifier.
    const network = drawn({ stride: [3, 1], reads: [] }, { stride: [1, 3], reads: [] });
    const { classifier } = planNetwork(network, { channels: 3, height: 9, width: 9, classes: 10 });
    expect(classifier.input).toEqual({ channels: 48, height: 9, width: 9 });
    expect(classifier.inputs.map(({ padding }) => padding)).toEqual([
      { top: 3, bottom: 3, left: 0, right: 0 },
      { top: 0, bottom: 0, left: 3, right: 3 },
    ]);
  });

  it('every sample is a network: all layers read something before them, and all outputs are read (property)', {
    timeout: 120_000,
  }, () => {
    fc.assert(
      fc.property(sampledNetworks(12), ({ architecture }) => {
        expect(faultsOf(architecture)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('layer i reads what its anchor chose, or the image; what nobody chose is what the classifier reads (property)', () => {
    fc.assert(
      fc.property(
        sampledNetworks().filter(({ space, architecture, layers }) => {
          return 'skip' in space.decisions && architecture.layers.length === layers;
        }),
        ({ sample, architecture }) => {
          const chosen = sample.answers.flatMap((answer) =>
            answer.kind === 'anchor' ? [answer.chosen] : [],
          );
          const taken = new Set(chosen.flat());
          for (const [i, earlier] of chosen.entries()) {
            const expected = earlier.length === 0 ? [0] : earlier.map((j) => j + 1);
            expect(architecture.layers[i]?.inputs).toEqual(expected);
            expect(architecture.outputs.includes(i + 1)).toBe(!taken.has(i));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** What is wrong with a graph, in words: one assertion for each of thousands of samples. */
function faultsOf({ layers, outputs }: ConvolutionalArchitecture): string[] {
  const readers = [...layers.map(({ inputs }) => inputs), outputs];
  const read = new Set(readers.flat());
  return [
    ...readers.flatMap((inputs, i) => {
      const reader = `reader ${i + 1} of ${inputs.join(' ')}`;
      const ascending = inputs.every((input, at) => at === 0 || input > (inputs[at - 1] ?? Infinity));
      return [
        ...(inputs.length === 0 ? [`${reader}: nothing`] : []),
        ...(ascending ? [] : [`${reader}: twice or in disorder`]),
        ...(inputs.every((input) => input >= 0 && input <= i) ? [] : [`${reader}: not before it`]),
      ];
    }),
    ...(outputs.includes(0) ? ['the classifier reads the image'] : []),
    ...layers.flatMap((_, i) => (read.has(i + 1) ? [] : [`nothing reads layer ${i + 1}`])),
  ];
}
