import { type Device, Generator, noGrad, randn, scope } from '@nascent/torch';
import { z } from 'zod';
import type { ImageInput } from '../search-space/index.ts';
import type { Pause } from './batch-walk.ts';
import { type Classifier, inPrecision, usesChannelsLast } from './classifier.ts';
import type { Recipe } from './recipe.ts';

/** The first passes allocate, choose kernels and fill caches: they are not counted. */
const WARM_UP_PASSES = 5;

/** How a child's latency is measured. */
export const latencyOptionsSchema = z
  .strictObject({
    batch: z.int().min(1).default(1).describe('images in one forward pass'),
    passes: z.int().min(3).default(30).describe('passes that are timed; their median counts'),
  })
  .describe("measures each child's latency, for a latency-aware reward");

/** Wall-clock milliseconds of one forward pass. */
export interface Latency {
  readonly medianMs: number;
  /** Between the first and the third quartile of the passes. */
  readonly spreadMs: number;
}

/**
 * The latency of a built network: the median over several forward passes in evaluation mode, in the precision of
 * its recipe, with the threads that the engine has. Independent of the weights, so that it may be measured before
 * training; the network and every random stream are afterwards as before.
 * @throws what `pause` throws, which runs between the passes
 */
export async function measureLatency(
  network: Classifier,
  { channels, height, width }: ImageInput,
  { device, precision }: { readonly device: Device; readonly precision: Recipe['precision'] },
  { batch, passes }: z.output<typeof latencyOptionsSchema>,
  pause: Pause,
): Promise<Latency> {
  const generator = new Generator(0);
  const once = (): number =>
    scope(() =>
      noGrad(() => {
        const drawn = randn([batch, channels, height, width], { generator }).to(device);
        const images = drawn.contiguous({ channelsLast: usesChannelsLast(device, precision) });
        const startedAt = performance.now();
        const logits = inPrecision(device, precision, () => network.forward(images));
        logits.sum().item(); // waits for a device whose operators only queue
        return performance.now() - startedAt;
      }),
    );
  network.train(false);
  try {
    const milliseconds: number[] = [];
    for (let pass = 0; pass < WARM_UP_PASSES + passes; pass++) {
      await pause();
      const taken = once();
      if (pass >= WARM_UP_PASSES) milliseconds.push(taken);
    }
    return latencyOf(milliseconds);
  } finally {
    network.train(true);
  }
}

/** @param milliseconds of each pass, at least one */
export function latencyOf(milliseconds: readonly number[]): Latency {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return { medianMs: quantile(sorted, 0.5), spreadMs: quantile(sorted, 0.75) - quantile(sorted, 0.25) };
}

/** Linear between the two values beside it (type 7 of Hyndman & Fan 1996, as NumPy does it). */
function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (at - Math.floor(at)) * (above - below);
}
