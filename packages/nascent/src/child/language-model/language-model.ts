import {
  constant_,
  type Device,
  Embedding,
  embedding,
  empty,
  Generator,
  linear,
  linearCrossEntropy,
  Module,
  type Reduction,
  type Tensor,
  uniform_,
} from '@nascent/torch';
import { deriveSeed } from '../../random.ts';
import type { LanguageModelShape, RecurrentArchitecture } from '../../search-space/index.ts';
import { placeOn } from '../device.ts';
import type { Masks } from './masks.ts';
import { type LayerState, type RecurrentLayer, recurrentLayer } from './recurrent-layer.ts';

/** One state for each layer. */
export type ModelState = readonly LayerState[];

/**
 * A language model: embedding, stacked recurrent layers of one width, softmax over the vocabulary (Zoph & Le 2017,
 * §4.2). With `tied` the softmax has the embedding's table (Press & Wolf 2017).
 *
 * State dict: `embedding.weight` [vocabulary, hidden], `layers.<number>.…` (from 1, see `recurrent-layer.ts`),
 * `softmax.weight` [vocabulary, hidden] unless tied, `softmax.bias` [vocabulary].
 */
export class LanguageModel extends Module {
  readonly cell: RecurrentArchitecture;
  readonly shape: LanguageModelShape;
  readonly #embedding: Embedding;
  readonly #layers: readonly RecurrentLayer[];
  readonly #softmax: Softmax;

  /**
   * @param options.seed same seed, same weights; the engine's global generator is not touched
   * @param options.initialisation weights are uniform in ± this, biases 0
   * @param options.device where they go; drawn on the CPU, so that they are the same everywhere
   */
  constructor(
    cell: RecurrentArchitecture,
    shape: LanguageModelShape,
    {
      seed,
      initialisation,
      device = 'cpu',
    }: { readonly seed: number; readonly initialisation: number; readonly device?: Device },
  ) {
    super();
    this.cell = cell;
    this.shape = shape;
    const { vocabulary, hidden, layers, tied } = shape;
    this.#embedding = this.child('embedding', new Embedding(vocabulary, hidden));
    const numbered = this.child('layers', new Numbered());
    this.#layers = Array.from({ length: layers }, () => numbered.add(recurrentLayer(cell, hidden)));
    this.#softmax = this.child('softmax', new Softmax(vocabulary, tied ? null : hidden));
    const generator = new Generator(deriveSeed(seed, 'weights'));
    for (const [name, weights] of this.namedParameters()) {
      if (name.includes('bias')) constant_(weights, 0);
      else uniform_(weights, -initialisation, initialisation, generator);
    }
    placeOn(this, device);
  }

  /** Where its weights are, and what it reads must be. */
  get device(): Device {
    return this.#softmax.bias.device;
  }

  /** Zeros: before the first word. */
  zeroState(batch: number): ModelState {
    return this.#layers.map((layer) => layer.zeroState(batch));
  }

  /**
   * Reads words.
   * @param words int64 [steps, batch]
   * @param masks of dropout; null in evaluation
   * @returns what the softmax reads after each word, [steps, batch, hidden], and the state after the last
   */
  read(
    words: Tensor,
    state: ModelState,
    masks: Masks | null = null,
  ): { readonly outputs: Tensor; readonly state: ModelState } {
    let values = this.#embedding.forward(words);
    if (masks?.embedding != null) values = values.mul(embedding(masks.embedding, words));
    const after: LayerState[] = [];
    for (const [i, layer] of this.#layers.entries()) {
      const result = layer.forward(
        masked(values, masks?.inputs[i]),
        state[i] as LayerState,
        masks?.recurrent[i] ?? null,
      );
      values = result.outputs;
      after.push(result.state);
    }
    return { outputs: masked(values, masks?.output), state: after };
  }

  /**
   * −log probability (natural) of the words that come next.
   * @param outputs of `read`
   * @param next int64 [steps, batch]
   * @returns the sum, [], or with `none` one for each, [steps·batch]
   */
  loss(outputs: Tensor, next: Tensor, reduction: Reduction): Tensor {
    const rows = outputs.reshape([-1, this.shape.hidden]);
    return linearCrossEntropy(rows, this.#table, this.#softmax.bias, next.reshape([-1]), { reduction });
  }

  /** @param outputs of `read`, […, hidden] @returns […, vocabulary] */
  logits(outputs: Tensor): Tensor {
    return linear(outputs, this.#table, this.#softmax.bias);
  }

  get #table(): Tensor {
    return this.#softmax.weight ?? this.#embedding.weight;
  }
}

function masked(values: Tensor, mask: Tensor | null | undefined): Tensor {
  return mask == null ? values : values.mul(mask);
}

class Softmax extends Module {
  /** Null where it is the embedding's. */
  readonly weight: Tensor | null;
  readonly bias: Tensor;

  constructor(vocabulary: number, hidden: number | null) {
    super();
    this.weight = hidden === null ? null : this.parameter('weight', empty([vocabulary, hidden]));
    this.bias = this.parameter('bias', empty([vocabulary]));
  }
}

/** Children numbered from 1. */
class Numbered extends Module {
  #count = 0;

  add<M extends Module>(module: M): M {
    return this.child(`${++this.#count}`, module);
  }
}
