import { SpaceOptionsError } from '../errors.ts';
import type { SpaceOptions } from '../sample.ts';

/** @throws SpaceOptionsError where a space that is fixed by its table is given options */
export function refuseOptions(space: string, options: SpaceOptions): void {
  const given = Object.keys(options);
  if (given.length === 0) return;
  throw new SpaceOptionsError(
    `The space ${space} has no options, but ${given.join(', ')} ${given.length === 1 ? 'is' : 'are'} given. ` +
      'Its decisions are those of the published table. Remove `space.options` from the config.',
  );
}
