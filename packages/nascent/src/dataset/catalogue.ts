import { sourceLabel, sources } from './fetch.ts';
import { knownFacts } from './known-facts.ts';
import { type DatasetName, datasetNames, locateDataset } from './load.ts';
import { processSurroundings, type Surroundings } from './location.ts';

/** A data set that Nascent knows by name, and whether it is here. */
export interface CatalogueEntry {
  readonly name: DatasetName;
  readonly title: string;
  readonly examples: { readonly train: number; readonly test: number };
  /** [channels, height, width] */
  readonly shape: readonly [number, number, number];
  readonly classes: number;
  /** Bytes to download and bytes on the disk afterwards. */
  readonly downloadBytes: number;
  readonly diskBytes: number;
  readonly licence: string;
  readonly citation: string;
  readonly sources: readonly string[];
  /** The directory in which it was found; null where it was not. It may hold a subset: `verifyDataset` tells. */
  readonly path: string | null;
}

type Description = Pick<
  CatalogueEntry,
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
  return datasetNames.map((name) => {
    const { train, test, trainClasses } = knownFacts[name];
    return {
      name,
      ...descriptions[name],
      examples: { train, test },
      classes: trainClasses.length,
      sources: sources[name].map(sourceLabel),
      path: locateDataset(name, { surroundings }),
    };
  });
}
