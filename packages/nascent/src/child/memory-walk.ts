import { assertNever } from '../assert-never.ts';
import {
  type Extent,
  IMAGE,
  type NetworkPlan,
  type PlannedInput,
  type PlannedLayer,
} from '../search-space/index.ts';
import { type Block, Ledger } from './memory-ledger.ts';

/** What a layer gives on: its buffer, the bytes of an element, and whether a gradient comes back to it. */
interface Activation {
  readonly block: Block;
  readonly element: number;
  readonly learns: boolean;
}

/** Undoes one layer: takes the gradient of its output (and releases it), gives that of its input, if one is needed. */
type Backward = (gradient: Block) => Block | null;

const GRADIENT_BYTES = 4;
/** oneDNN lays a convolution's weights out anew: copies of them at once, forward and back (measured, ADR 0062). */
const WEIGHT_COPIES = { forward: 2, backward: 4 } as const;
/** Means and deviations of one channel that contrast normalisation makes. */
const CONTRAST_PLANES = 4;
/** In bfloat16 its sums are float32. */
const LOW_PRECISION_COPIES = 6;

const elements = ({ channels, height, width }: Extent): number => channels * height * width;

/**
 * Walks through one training step, or one batch of evaluation, of the network that `ConvolutionalNetwork` builds, and
 * counts the bytes of the buffers it makes: the same order of making and letting go as there, tensor by tensor.
 */
export class MemoryWalk {
  readonly #ledger = new Ledger();
  readonly #plan: NetworkPlan;
  readonly #batch: number;
  /** Bytes of an element that a convolution computes. */
  readonly #computed: number;
  readonly #training: boolean;

  constructor(plan: NetworkPlan, batch: number, precision: 'float32' | 'bfloat16', training: boolean) {
    this.#plan = plan;
    this.#batch = batch;
    this.#computed = precision === 'bfloat16' ? 2 : 4;
    this.#training = training;
  }

  /** Peak bytes, the weights and what the optimiser keeps not counted. */
  peak(): number {
    const { layers, classifier, image, parameters } = this.#plan;
    // The gradients of the last step live until this one turns back.
    const gradientsOfWeights = this.#ledger.hold(parameters * GRADIENT_BYTES);
    const first = this.#make({ ...image }, 4);
    first.retain(); // the batch is the caller's, who holds it to the end
    const outputs = new Map<number, Activation>([[IMAGE, { block: first, element: 4, learns: false }]]);
    const readers = [...layers.map((layer) => layer.inputs), classifier.inputs];
    const tape: { inputs: readonly PlannedInput[]; learns: readonly boolean[]; backward: Backward }[] = [];
    for (const [i, layer] of layers.entries()) {
      const learns = layer.inputs.map(({ source }) => outputs.get(source)?.learns ?? false);
      const joined = this.#join(layer.inputs, outputs, layer.input);
      const { output, backward } = this.#layer(layer, joined);
      joined.block.release();
      outputs.set(i + 1, output);
      tape.push({ inputs: layer.inputs, learns, backward });
      this.#drop(outputs, readers, i);
    }
    // Each output is averaged by itself; the means are small.
    const ends = classifier.inputs.map(({ source, extent }) => ({
      source,
      bytes: this.#batch * elements(extent) * (outputs.get(source)?.element ?? 4),
    }));
    for (const { block } of outputs.values()) block.release();
    if (!this.#training) return this.#ledger.peak;

    gradientsOfWeights.release();
    this.#ledger.hold(classifier.parameters * GRADIENT_BYTES);
    // Backward through the means makes the gradient of every output at once.
    const gradients = new Map<number, Block>(
      ends.map(({ source, bytes }) => [source, this.#ledger.hold(bytes)]),
    );
    for (let i = tape.length; i > 0; i--) {
      const step = tape[i - 1];
      const gradient = gradients.get(i);
      gradients.delete(i);
      if (step === undefined || gradient === undefined) continue;
      const ofInput = step.backward(gradient);
      if (ofInput !== null) this.#divide(ofInput, step.inputs, step.learns, gradients);
    }
    return this.#ledger.peak;
  }

  #make(extent: Extent, element: number): Block {
    return this.#ledger.hold(this.#batch * elements(extent) * element);
  }

  #join(
    inputs: readonly PlannedInput[],
    outputs: ReadonlyMap<number, Activation>,
    joined: Extent,
  ): Activation {
    const parts = inputs.map(({ source }) => outputs.get(source) as Activation);
    const [only] = parts;
    if (only !== undefined && isAlone(inputs)) return { ...only, block: only.block.retain() };
    const element = Math.min(...parts.map((part) => part.element));
    const learns = parts.some((part) => part.learns);
    return { block: this.#make(joined, element), element, learns };
  }

  /** The gradient of what was joined, to those that were joined. */
  #divide(
    gradient: Block,
    inputs: readonly PlannedInput[],
    learns: readonly boolean[],
    gradients: Map<number, Block>,
  ): void {
    const alone = isAlone(inputs);
    const whole = inputs.reduce((sum, { extent }) => sum + elements(extent), 0);
    const parts = inputs.flatMap(({ source, extent }, at) => {
      if (learns[at] !== true) return [];
      const padded = gradient.bytes / whole;
      return [{ source, part: alone ? gradient.retain() : this.#ledger.hold(padded * elements(extent)) }];
    });
    gradient.release();
    for (const { source, part } of parts) {
      const earlier = gradients.get(source);
      // Autograd adds pixel-major gradients into a new buffer.
      const sum = earlier === undefined ? part : this.#ledger.hold(part.bytes);
      if (earlier !== undefined) for (const block of [part, earlier]) block.release();
      gradients.set(source, sum);
    }
  }

  #drop(outputs: Map<number, Activation>, readers: readonly (readonly PlannedInput[])[], reader: number) {
    const later = new Set(readers.slice(reader + 1).flatMap((inputs) => inputs.map(({ source }) => source)));
    for (const [source, { block }] of outputs) {
      if (later.has(source) || source === reader + 1) continue;
      block.release();
      outputs.delete(source);
    }
  }

  #layer(planned: PlannedLayer, input: Activation): { output: Activation; backward: Backward } {
    switch (planned.layer.kind) {
      case 'convolution':
      case 'separable-convolution':
        return this.#convolution(planned, planned.layer, input);
      case 'max-pooling':
      case 'average-pooling':
        return this.#pooling(planned, planned.layer, input);
      case 'contrast-normalisation':
        return this.#contrast(planned, input);
      case 'identity':
        return {
          output: { ...input, block: input.block.retain() },
          backward: (gradient) => gradient,
        };
      default:
        return assertNever(planned.layer);
    }
  }

  /** What autograd keeps; nothing in evaluation. */
  #save(...blocks: readonly Block[]): () => void {
    if (!this.#training) return () => undefined;
    for (const block of blocks) block.retain();
    return () => {
      for (const block of blocks) block.release();
    };
  }

  #convolution(
    { input: extent, output: after, parameters }: PlannedLayer,
    layer: Extract<PlannedLayer['layer'], { readonly filterCount: number }>,
    input: Activation,
  ): { output: Activation; backward: Backward } {
    const element = this.#computed;
    const weights = this.#ledger.hold(element === 4 ? 0 : parameters * element); // low-precision copies
    const rows = paddedLength(extent.height, layer.filterHeight, layer.strideHeight);
    const columns = paddedLength(extent.width, layer.filterWidth, layer.strideWidth);
    const uneven = rows.uneven || columns.uneven;
    // Padding that differs from side to side needs a copy, and so does another precision.
    const padded = uneven
      ? this.#make(paddedExtent(extent, rows, columns), input.element)
      : input.block.retain();
    const read =
      input.element === element
        ? padded.retain()
        : this.#ledger.hold((padded.bytes / input.element) * element);
    padded.release();
    const separable = layer.kind === 'separable-convolution';
    const spatial = separable ? this.#make({ ...after, channels: extent.channels }, element) : read.retain();
    const convolved = this.#make(after, element);
    const weightBytes = laidOut(extent.channels, layer.filterCount, separable ? 1 : area(layer)) * element;
    this.#ledger.pass(WEIGHT_COPIES.forward * weightBytes);
    const activated = this.#make(after, element);
    const saved = [weights, read, ...(separable ? [spatial] : [])];
    const forget = this.#save(...saved);
    const forgetActivated = this.#save(layer.batchNorm ? convolved : activated);
    for (const block of [weights, read, spatial, convolved]) block.release();
    return {
      output: { block: activated, element, learns: true },
      backward: (gradient) => {
        const ofConvolved = this.#make(after, element);
        gradient.release();
        forgetActivated();
        const back = (element === 4 ? WEIGHT_COPIES.backward : LOW_PRECISION_COPIES) * weightBytes;
        if (separable)
          this.#ledger.pass(this.#batch * elements({ ...after, channels: extent.channels }) * element);
        if (!input.learns) {
          this.#ledger.pass(back);
          this.#ledger.hold(parameters * GRADIENT_BYTES);
          ofConvolved.release();
          forget();
          return null;
        }
        let ofInput = this.#ledger.hold(read.bytes);
        this.#ledger.pass(back);
        this.#ledger.hold(parameters * GRADIENT_BYTES);
        ofConvolved.release();
        forget();
        if (uneven || input.element !== element) {
          const copied = this.#make(extent, input.element);
          ofInput.release();
          ofInput = copied;
        }
        return ofInput;
      },
    };
  }

  #pooling(
    { input: extent, output: after }: PlannedLayer,
    layer: Extract<PlannedLayer['layer'], { readonly kind: 'max-pooling' | 'average-pooling' }>,
    input: Activation,
  ): { output: Activation; backward: Backward } {
    const windows = {
      ...after,
      height: after.height + skippedWindows(extent.height, layer.windowHeight, layer.strideHeight),
      width: after.width + skippedWindows(extent.width, layer.windowWidth, layer.strideWidth),
    };
    const pooled = this.#make(windows, input.element);
    const indices = this.#make(windows, layer.kind === 'max-pooling' ? 8 : 0);
    const forget = input.learns ? this.#save(input.block, indices) : () => undefined;
    indices.release();
    return {
      output: { ...input, block: pooled },
      backward: (gradient) => {
        if (!input.learns) {
          gradient.release();
          return null;
        }
        const ofWindows =
          elements(windows) === elements(after) ? gradient : this.#make(windows, input.element);
        if (ofWindows !== gradient) gradient.release();
        const ofInput = this.#make(extent, input.element);
        ofWindows.release();
        forget();
        return ofInput;
      },
    };
  }

  #contrast({ output: after }: PlannedLayer, input: Activation): { output: Activation; backward: Backward } {
    const planes = this.#make({ ...after, channels: CONTRAST_PLANES }, input.element);
    const centred = this.#make(after, input.element);
    this.#ledger.pass(centred.bytes); // squares
    const output = this.#make(after, input.element);
    const forget = input.learns ? this.#save(centred, planes) : () => undefined;
    centred.release();
    planes.release();
    return {
      output: { ...input, block: output },
      backward: (gradient) => {
        if (!input.learns) {
          gradient.release();
          return null;
        }
        const ofInput = this.#make(after, input.element);
        this.#ledger.pass(3 * centred.bytes);
        gradient.release();
        forget();
        return ofInput;
      },
    };
  }
}

function isAlone(inputs: readonly PlannedInput[]): boolean {
  return inputs.length === 1; // a single input is the largest: there is nothing to pad
}

/** Windows computed only to be dropped: SAME with an odd pixel at stride 1 (`MaxPool2d`). */
function skippedWindows(length: number, window: number, stride: number): number {
  return stride === 1 && paddedLength(length, window, stride).uneven ? 1 : 0;
}

const area = (layer: { readonly filterHeight: number; readonly filterWidth: number }): number =>
  layer.filterHeight * layer.filterWidth;

/** Weights of a convolution in oneDNN's layout, whose channels come in eights. */
function laidOut(inputs: number, filters: number, window: number): number {
  const eights = (channels: number): number => 8 * Math.ceil(channels / 8);
  return eights(inputs) * eights(filters) * window;
}

interface PaddedLength {
  readonly length: number;
  readonly uneven: boolean;
}

/** SAME padding along one axis. */
function paddedLength(length: number, kernel: number, stride: number): PaddedLength {
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + kernel - length, 0);
  return { length: length + total, uneven: total % 2 === 1 };
}

function paddedExtent({ channels }: Extent, rows: PaddedLength, columns: PaddedLength): Extent {
  return { channels, height: rows.length, width: columns.length };
}
