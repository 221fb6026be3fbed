import { SpaceDefinitionError, SpaceOptionsError } from './errors.ts';
import type { SearchSpace } from './space.ts';

/**
 * The space that a user's module gives: its default export is a space, or a function of the config's options
 * that returns one.
 *
 * @param exported the module's default export
 * @param options as the config has them; not checked here
 * @param module how the config names it, for errors
 * @throws SpaceDefinitionError when it is neither
 * @throws SpaceOptionsError when options are given to a space that takes none
 */
export function spaceOfModule(exported: unknown, options: unknown, module: string): SearchSpace {
  if (isSearchSpace(exported)) {
    if (!hasOptions(options)) return exported;
    throw new SpaceOptionsError(
      `The config gives options to the space of ${module}, which takes none. ` +
        'Remove them, or let its default export be a function of the options that returns the space.',
    );
  }
  const made: unknown = typeof exported === 'function' ? exported(options ?? {}) : exported;
  if (isSearchSpace(made)) return made;
  const found = made === undefined ? 'nothing' : `a value of type ${typeof made}`;
  throw new SpaceDefinitionError(
    `${module} gives ${found} where a search space was expected. ` +
      'Let its default export be what defineSpace returns, or a function of the options that returns that.',
  );
}

function hasOptions(options: unknown): boolean {
  return typeof options === 'object' && options !== null && Object.keys(options).length > 0;
}

function isSearchSpace(value: unknown): value is SearchSpace {
  if (typeof value !== 'object' || value === null) return false;
  const { identity, decisions, start, decode } = value as Partial<Record<keyof SearchSpace, unknown>>;
  return (
    typeof identity === 'object' &&
    typeof decisions === 'object' &&
    typeof start === 'function' &&
    typeof decode === 'function'
  );
}
