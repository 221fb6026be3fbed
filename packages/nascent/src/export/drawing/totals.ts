import type { NetworkDescription } from '../../search-space/index.ts';
import { exact, rough } from './numbers.ts';

/** `15 layers, 2,256,638 parameters, 2.31 G FLOPs for one example`; image and classifier are not counted as layers. */
export function networkTotals({ layers, parameters, flops }: NetworkDescription): string {
  const inner = layers.filter(({ kind }) => kind !== 'input' && kind !== 'classifier').length;
  return (
    `${inner} ${inner === 1 ? 'layer' : 'layers'}, ${exact(parameters)} parameters, ` +
    `${rough(flops)} FLOPs for one example`
  );
}
