import { NascentError } from '../errors.ts';
import type { RandomStream } from '../random.ts';
import type { Recipe } from './recipe.ts';

/** What is varied of a training image each time it is seen (Zoph & Le 2017, §4.1). Validation and test images are not. */
export interface Augmentation {
  /** Mirrored left to right, half of the time. */
  readonly flip: boolean;
  /** Side in pixels that the image is enlarged to before a random crop of its own size; null for no crop. */
  readonly upsample: number | null;
}

/**
 * By data set, where a recipe leaves it open. 40 = 32 + 2 · 4 pixels: as many positions of the crop as the padding of
 * Huang et al. 2016 gives. A mirrored digit is none, and the shoes of Fashion-MNIST all point the same way.
 */
const defaults: Readonly<Record<string, Augmentation>> = { cifar10: { flip: true, upsample: 40 } };
const none: Augmentation = { flip: false, upsample: null };

/** The recipe's augmentation, with the default of the data set for what the recipe leaves open. */
export function augmentationOf(
  { flip, upsample }: Pick<Recipe, 'flip' | 'upsample'>,
  dataset: string,
): Augmentation {
  const usual = defaults[dataset] ?? none;
  return { flip: flip ?? usual.flip, upsample: upsample === undefined ? usual.upsample : upsample };
}

export interface ImageSize {
  /** In pixels. */
  readonly height: number;
  readonly width: number;
}

/**
 * [height, width] that images are enlarged to.
 * @throws NascentError `CONFIG_INVALID` where `upsample` is less than their own
 */
export function enlargedSize(
  { upsample }: Augmentation,
  { height, width }: ImageSize,
): readonly [height: number, width: number] {
  if (upsample === null) return [height, width];
  if (upsample >= height && upsample >= width) return [upsample, upsample];
  throw new NascentError(
    'CONFIG_INVALID',
    `upsample: images of ${height} × ${width} pixels cannot be enlarged to ${upsample} × ${upsample}. ` +
      'Give at least their own size, or null for no random crop.',
  );
}

/**
 * Draws what becomes of each of `count` images: three integers each, the row and column of the crop's corner in the
 * enlarged image (uniform), and 1 where it is mirrored, else 0. Null where nothing is varied.
 */
export function drawPlacements(
  augmentation: Augmentation,
  image: ImageSize,
  count: number,
  random: RandomStream,
): Int32Array | null {
  const [height, width] = enlargedSize(augmentation, image);
  const [rows, columns] = [height - image.height + 1, width - image.width + 1];
  if (!augmentation.flip && augmentation.upsample === null) return null;
  const placements = new Int32Array(3 * count);
  for (let at = 0; at < placements.length; at += 3) {
    placements[at] = random.integer(rows);
    placements[at + 1] = random.integer(columns);
    placements[at + 2] = augmentation.flip ? random.integer(2) : 0;
  }
  return placements;
}
