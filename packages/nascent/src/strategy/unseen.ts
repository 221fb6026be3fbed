import type { Sample } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import type { History } from './history.ts';

/** Draws before a space counts as exhausted. */
const ATTEMPTS = 100;

/** Draws until a sample comes that has not been asked before; after 100 draws the last one, a repeat. */
export function drawUnseen(history: Pick<History, 'knows'>, draw: () => Sample): Sample {
  let sample = draw();
  for (let attempt = 1; attempt < ATTEMPTS && history.knows(sampleKey(sample)); attempt++) sample = draw();
  return sample;
}
