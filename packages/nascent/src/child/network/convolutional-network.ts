import { constant_, type Device, Generator, heNormal_, Linear, Module, type Tensor } from '@nascent/torch';
import { deriveSeed } from '../../random.ts';
import { IMAGE, type NetworkPlan, type PlannedInput } from '../../search-space/index.ts';
import { placeOn } from '../device.ts';
import { join, joinedMeans } from './join.ts';
import { type LayerModule, layerModule } from './layer-modules.ts';

export interface NetworkOptions {
  /** Same seed, same weights; the engine's global generator is not touched. */
  readonly seed: number;
  readonly device?: Device | undefined;
  /** Added to the variance in batch normalisation; default 1e-5. */
  readonly batchNormEpsilon?: number;
}

/**
 * The child network of a convolutional architecture: its layers, each on what it reads; global average pooling; a
 * linear classifier. Softmax is part of the loss.
 *
 * Weights: convolutions He normal (He et al. 2015), batch norm 1 and 0, classifier N(0, 1/√inputs) and 0.
 * State dict: `layers.<number>.…` (layers count from 1; see `layer-modules.ts`), `classifier.{weight,bias}`.
 */
export class ConvolutionalNetwork extends Module {
  readonly plan: NetworkPlan;
  readonly #layers: readonly LayerModule[];
  readonly #classifier: Linear;
  /** By reader, the classifier last: the sources that nobody reads afterwards. */
  readonly #lastRead: readonly (readonly number[])[];

  constructor(plan: NetworkPlan, { seed, device, batchNormEpsilon = 1e-5 }: NetworkOptions) {
    super();
    this.plan = plan;
    const generator = new Generator(deriveSeed(seed, 'weights'));
    // Drawn on the CPU and moved afterwards: the same weights on every device.
    const options = { generator, batchNormEpsilon };
    const layers = this.child('layers', new Numbered());
    this.#layers = plan.layers.map((planned) => layers.add(layerModule(planned, options)));
    const { channels } = plan.classifier.input;
    const classifier = new Linear(channels, plan.image.classes, { generator });
    heNormal_(classifier.weight, { gain: 1, generator });
    if (classifier.bias !== null) constant_(classifier.bias, 0);
    this.#classifier = this.child('classifier', classifier);
    this.#lastRead = lastReads([...plan.layers.map((layer) => layer.inputs), plan.classifier.inputs]);
    placeOn(this, device ?? 'cpu');
  }

  /** Images [batch, channels, h, w], standardised → logits [batch, classes]. */
  forward(images: Tensor): Tensor {
    const outputs = new Map([[IMAGE, images]]);
    for (const [i, layer] of this.#layers.entries()) {
      const joined = join(this.plan.layers[i]?.inputs ?? [], outputs);
      const result = layer.forward(joined);
      const done = [joined, ...this.#takeLastRead(i, outputs)];
      outputs.set(i + 1, result);
      // Autograd holds what it needs. What a layer merely gives on is still another's output, or the result.
      const needed = new Set([images, ...outputs.values()]);
      for (const tensor of new Set(done)) if (!needed.has(tensor)) tensor.dispose();
    }
    const { inputs, input } = this.plan.classifier;
    const means = joinedMeans(inputs, input, outputs);
    for (const tensor of new Set(outputs.values())) if (tensor !== images) tensor.dispose();
    return this.#classifier.forward(means);
  }

  #takeLastRead(reader: number, outputs: Map<number, Tensor>): readonly Tensor[] {
    return (this.#lastRead[reader] ?? []).map((source) => {
      const tensor = outputs.get(source) as Tensor;
      outputs.delete(source);
      return tensor;
    });
  }
}

function lastReads(readers: readonly (readonly PlannedInput[])[]): readonly (readonly number[])[] {
  const last = new Map<number, number>();
  for (const [reader, inputs] of readers.entries()) for (const { source } of inputs) last.set(source, reader);
  return readers.map((_, reader) => [...last].filter(([, at]) => at === reader).map(([source]) => source));
}

/** Children numbered from 1. */
class Numbered extends Module {
  #count = 0;

  add<M extends Module>(module: M): M {
    return this.child(`${++this.#count}`, module);
  }
}
