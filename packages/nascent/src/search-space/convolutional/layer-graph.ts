import { type ConvolutionalArchitecture, type ConvolutionalLayer, IMAGE } from './architecture.ts';
import { orImage, unreadOutputs } from './repair.ts';

type Unwired<L> = L extends ConvolutionalLayer ? Omit<L, 'inputs'> : never;
/** A layer without what it reads. */
export type UnwiredLayer = Unwired<ConvolutionalLayer>;

/** What a prediction gives to whatever reads it: all its layers' outputs, and how many fixed poolings stand before it. */
interface Prediction {
  readonly outputs: readonly number[];
  readonly stage: number;
}

const THE_IMAGE: Prediction = { outputs: [IMAGE], stage: 0 };

/**
 * Turns predictions into layers, and repairs them (`repair.ts`).
 *
 * A prediction becomes one layer, or a block of layers alike. Each layer of a block reads what was chosen for the
 * prediction and the block's earlier layers; whatever reads the block, the classifier too, reads all its outputs.
 * A fixed pooling cuts the network: whatever is read across it is pooled first, the image and what goes to the
 * classifier included. A pooling after the last prediction cuts nothing and is left out.
 */
export class LayerGraph {
  readonly #layers: ConvolutionalLayer[] = [];
  readonly #predictions: Prediction[] = [];
  /** Max-pooled outputs, by layer and stage, so that each is pooled once whoever reads it. */
  readonly #pooled = new Map<string, number>();
  readonly #blockLayers: number;
  readonly #poolAfter: ReadonlySet<number>;
  #stage = 0;

  constructor(blockLayers: number, poolAfter: readonly number[]) {
    this.#blockLayers = blockLayers;
    this.#poolAfter = new Set(poolAfter);
  }

  /** @param chosen earlier predictions, from 0, ascending */
  add(layer: UnwiredLayer, chosen: readonly number[]): void {
    const stage = this.#stage;
    const sources = orImage(
      chosen.map((i) => this.#predictions[i] as Prediction),
      THE_IMAGE,
    );
    const inputs = sources.flatMap((source) =>
      source.outputs.map((output) => this.#pool(output, source.stage, stage)),
    );
    const outputs: number[] = [];
    for (let k = 0; k < this.#blockLayers; k++) {
      outputs.push(this.#push({ ...layer, inputs: ascending([...inputs, ...outputs]) }));
    }
    this.#predictions.push({ outputs, stage });
    if (this.#poolAfter.has(this.#predictions.length)) this.#stage++;
  }

  /** The network of all predictions. Call it once, at the end: what goes to the classifier may need poolings. */
  architecture(learningRate: number | null): ConvolutionalArchitecture {
    const last = this.#predictions.at(-1)?.stage ?? 0;
    const unread = new Set(unreadOutputs(this.#layers));
    const outputs = this.#predictions
      // Inside a block only the last layer can be unread; the classifier reads the block whole, like any reader.
      .filter((prediction) => prediction.outputs.some((output) => unread.has(output)))
      .flatMap((prediction) =>
        prediction.outputs.map((output) => this.#pool(output, prediction.stage, last)),
      );
    return {
      kind: 'convolutional',
      version: 2,
      layers: this.#layers,
      outputs: ascending(outputs),
      ...(learningRate === null ? {} : { learningRate }),
    };
  }

  #push(layer: ConvolutionalLayer): number {
    this.#layers.push(layer);
    return this.#layers.length;
  }

  #pool(output: number, from: number, to: number): number {
    let pooled = output;
    for (let stage = from + 1; stage <= to; stage++) {
      const key = `${output}@${stage}`;
      pooled = this.#pooled.get(key) ?? this.#push({ ...FIXED_POOLING, inputs: [pooled] });
      this.#pooled.set(key, pooled);
    }
    return pooled;
  }
}

const FIXED_POOLING = {
  kind: 'max-pooling',
  windowHeight: 2,
  windowWidth: 2,
  strideHeight: 2,
  strideWidth: 2,
} as const;

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b);
}
