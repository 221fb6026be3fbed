import { createHash } from 'node:crypto';

/**
 * Labelled images in memory, as bytes: no tensors, no standardisation.
 *
 * `part` keeps test data apart from training data by type: nothing that trains or rewards accepts
 * `ImageDataset<'test'>`.
 */
export interface ImageDataset<Part extends 'train' | 'test' = 'train' | 'test'> {
  /** For example `cifar10`. */
  readonly name: string;
  readonly part: Part;
  /** Pixels in [0, 255], shape [N, channels, height, width], row-major. */
  readonly images: Uint8Array;
  /** Indices into `classes`, shape [N]. */
  readonly labels: Uint8Array;
  readonly classes: readonly string[];
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** SHA-256 (hexadecimal) of shape, class names, labels and pixels: the same however the files were packed. */
  readonly checksum: string;
}

/** What a loader knows before the checksum is taken. */
export type UnsignedDataset<Part extends 'train' | 'test'> = Omit<ImageDataset<Part>, 'checksum'>;

/** The number of images N. */
export function exampleCount(dataset: Pick<ImageDataset, 'labels'>): number {
  return dataset.labels.length;
}

/** How many of the images at `indices` (all of them by default) have each label; shape [classes]. */
export function classCounts(
  dataset: Pick<ImageDataset, 'labels' | 'classes'>,
  indices?: Int32Array,
): readonly number[] {
  const counts = dataset.classes.map(() => 0);
  const count = (label: number): void => {
    counts[label] = (counts[label] ?? 0) + 1;
  };
  if (indices === undefined) for (const label of dataset.labels) count(label);
  else for (const index of indices) count(dataset.labels[index] as number);
  return counts;
}

/** Adds the checksum. */
export function withChecksum<Part extends 'train' | 'test'>(
  dataset: UnsignedDataset<Part>,
): ImageDataset<Part> {
  const { classes, channels, height, width, labels, images } = dataset;
  const checksum = createHash('sha256')
    .update(JSON.stringify({ classes, channels, height, width, examples: labels.length }))
    .update(labels)
    .update(images)
    .digest('hex');
  return { ...dataset, checksum };
}
