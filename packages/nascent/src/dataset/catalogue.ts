import { sourceLabel, sources } from './fetch.ts';
import { knownFacts } from './known-facts.ts';
import { type DatasetName, datasetNames, locateDataset } from './load.ts';
import { processSurroundings, type Surroundings } from './location.ts';
import { locatePennTreebank, pennTreebank } from './text/penn-treebank.ts';

/** A data set that Nascent knows by name, and whether it is here. */
export type CatalogueEntry = ImageEntry | TextEntry;

interface CommonEntry {
  readonly title: string;
  /** Bytes on the disk, unpacked. */
  readonly diskBytes: number;
  readonly licence: string;
  readonly citation: string;
  /** Where `fetch` gets it; empty: its user supplies it. */
  readonly sources: readonly string[];
  /** The directory in which it was found; null where it was not. It may hold a subset: verifying tells. */
  readonly path: string | null;
}

export interface ImageEntry extends CommonEntry {
  readonly kind: 'images';
  readonly name: DatasetName;
  readonly examples: { readonly train: number; readonly test: number };
  /** [channels, height, width] */
  readonly shape: readonly [number, number, number];
  readonly classes: number;
  readonly downloadBytes: number;
}

export interface TextEntry extends CommonEntry {
  readonly kind: 'text';
  readonly name: typeof pennTreebank.name;
  readonly words: { readonly train: number; readonly validation: number; readonly test: number };
  /** Different words. */
  readonly vocabularySize: number;
}

type Description = Pick<
  ImageEntry,
  'title' | 'shape' | 'downloadBytes' | 'diskBytes' | 'licence' | 'citation'
>;

const descriptions: Readonly<Record<DatasetName, Description>> = {
  cifar10: {
    title: 'CIFAR-10: colour photographs of ten kinds of things',
    shape: [3, 32, 32],
    downloadBytes: 138_940_914,
    diskBytes: 184_380_061,
    licence: 'none stated; cite the technical report',
    citation: 'A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009',
  },
  mnist: {
    title: 'MNIST: handwritten digits',
    shape: [1, 28, 28],
    downloadBytes: 11_496_804,
    diskBytes: 54_950_048,
    licence: 'CC BY-SA 3.0',
    citation:
      'Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, 1998',
  },
  'fashion-mnist': {
    title: 'Fashion-MNIST: articles of clothing',
    shape: [1, 28, 28],
    downloadBytes: 39_169_564,
    diskBytes: 54_950_048,
    licence: 'MIT',
    citation: 'H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST, arXiv 1708.07747, 2017',
  },
};

/** Every data set that has a name, with where it was found. Looks at file names only. */
export function catalogue(surroundings: Surroundings = processSurroundings()): readonly CatalogueEntry[] {
  return [...datasetNames.map((name) => imageEntry(name, surroundings)), pennTreebankEntry(surroundings)];
}

function imageEntry(name: DatasetName, surroundings: Surroundings): ImageEntry {
  const { train, test, trainClasses } = knownFacts[name];
  return {
    kind: 'images',
    name,
    ...descriptions[name],
    examples: { train, test },
    classes: trainClasses.length,
    sources: sources[name].map(sourceLabel),
    path: locateDataset(name, { surroundings }),
  };
}

function pennTreebankEntry(surroundings: Surroundings): TextEntry {
  const { name, vocabularySize, parts } = pennTreebank;
  return {
    kind: 'text',
    name,
    title: 'Penn Treebank: sentences of the Wall Street Journal, as Mikolov prepared them',
    words: { train: parts.train.words, validation: parts.validation.words, test: parts.test.words },
    vocabularySize,
    diskBytes: 5_951_345,
    licence: 'of the LDC; no free licence is known',
    citation:
      'M. P. Marcus, B. Santorini, M. A. Marcinkiewicz, Building a Large Annotated Corpus of English: The Penn Treebank, 1993; T. Mikolov et al., Recurrent neural network based language model, 2010',
    sources: [],
    path: locatePennTreebank({ surroundings }),
  };
}
