import { Generator, noGrad, rand, scope, tensor } from '@nascent/torch';
import {
  LanguageModel,
  type LanguageModelFacts,
  loadLanguageModel,
  modelOf,
  saveLanguageModel,
} from '../../src/child/language-model/index.ts';
import type { Vocabulary } from '../../src/dataset/index.ts';
import type { RecurrentArchitecture } from '../../src/search-space/index.ts';

/** A language model as training might have left it. */
export interface FinishedLanguageModel {
  readonly architecture: RecurrentArchitecture;
  readonly layers: number;
  readonly tied: boolean;
  readonly vocabulary?: Vocabulary;
  readonly dataset?: string;
}

export const words: Vocabulary = {
  level: 'word',
  words: ['<unk>', 'the', '<eos>', 'cat', 'sat', 'on', 'a', '"mat"', 'N', 'naïve', 'back\\slash'],
  unknown: '<unk>',
};
export const characters: Vocabulary = {
  level: 'character',
  words: [...' abcdehilnstw\n"é𝔫'],
  unknown: null,
};

export function factsOfLanguageModel({
  architecture,
  layers,
  tied,
  vocabulary = words,
  dataset = 'a text',
}: FinishedLanguageModel): LanguageModelFacts {
  return {
    architecture,
    shape: { vocabulary: vocabulary.words.length, hidden: 5, layers, tied },
    vocabulary,
    dataset,
    datasetChecksum: 'ab'.repeat(32),
    tokens: null,
  };
}

/** Saves the model with weights of chance, in ±0.6; none is 0, biases included. */
export function saveFinishedLanguageModel(path: string, finished: FinishedLanguageModel, seed: number): void {
  const facts = factsOfLanguageModel(finished);
  const model = new LanguageModel(facts.architecture, facts.shape, { seed, initialisation: 0.6 });
  const generator = new Generator(seed);
  scope(() =>
    noGrad(() => {
      for (const [name, values] of model.stateDict())
        if (name.includes('bias')) values.copyFrom_(rand(values.shape, { generator }).sub(0.4));
      saveLanguageModel(path, model.stateDict(), facts);
    }),
  );
  model.dispose();
}

/** Words for all steps of a batch, and the states before them, flat. */
export interface Reading {
  readonly steps: number;
  readonly batch: number;
  readonly words: Int32Array;
  /** By name: h1, c1, …; [batch, units] */
  readonly states: Readonly<Record<string, Float32Array>>;
}

/** Words and states of chance, but the same for the same model; a GRU has no c. */
export function readingOf({ shape, architecture }: LanguageModelFacts, steps = 6, batch = 3): Reading {
  const wave = (length: number, phase: number) =>
    Float32Array.from({ length }, (_, i) => Math.sin(1 + 7 * i + phase) / 2);
  const names = architecture.kind === 'native-cell' && architecture.cell === 'gru' ? ['h'] : ['h', 'c'];
  const states = Array.from({ length: shape.layers }, (_, i) =>
    names.map((name, at) => [`${name}${i + 1}`, wave(batch * shape.hidden, 3 * i + at)] as const),
  );
  return {
    steps,
    batch,
    words: Int32Array.from({ length: steps * batch }, (_, i) => (i * i + 3 * i) % shape.vocabulary),
    states: Object.fromEntries(states.flat()),
  };
}

/** What a model computes of a reading: `logits` and the states after it, `next_h1`, …, flat. */
export type Computed = Readonly<Record<string, ArrayLike<number>>>;

/** The numbers of our own engine. */
export function ourNumbers(path: string, { steps, batch, words: indices, states }: Reading): Computed {
  return scope(() => {
    const stored = loadLanguageModel(path);
    const { hidden, layers } = stored.facts.shape;
    const model = modelOf(stored);
    const state = (name: string) => {
      const values = states[name];
      return values === undefined ? null : tensor(values, { shape: [batch, hidden] });
    };
    try {
      return noGrad(() => {
        const before = Array.from({ length: layers }, (_, i) => {
          const h = state(`h${i + 1}`);
          if (h === null) throw new Error('every layer has an h');
          return { hidden: h, cell: state(`c${i + 1}`) };
        });
        const read = model.read(
          tensor(indices, { shape: [steps, batch], dtype: 'int32' }).to('int64'),
          before,
        );
        const after = read.state.flatMap((layer, i) => [
          [`next_h${i + 1}`, layer.hidden.toFloat32()] as const,
          ...(layer.cell === null ? [] : [[`next_c${i + 1}`, layer.cell.toFloat32()] as const]),
        ]);
        return { logits: model.logits(read.outputs).toFloat32(), ...Object.fromEntries(after) };
      });
    } finally {
      model.dispose();
    }
  });
}

/** The greatest difference of any of the numbers, relative to the greatest of its name where that is above 1. */
export function furthest(found: Computed, expected: Computed): number {
  const names = Object.keys(expected);
  if (names.join() !== Object.keys(found).join())
    throw new Error(`found ${Object.keys(found)}; expected ${names}`);
  return largestOf(
    names.map((name) => {
      const [mine, theirs] = [Array.from(expected[name] ?? []), found[name] ?? []];
      if (mine.length !== theirs.length) throw new Error(`${name} has ${theirs.length} numbers`);
      const scale = Math.max(1, largestOf(mine.map(Math.abs)));
      return largestOf(mine.map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN)))) / scale;
    }),
  );
}

/** NaN where one is NaN, which is below no limit. */
function largestOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
