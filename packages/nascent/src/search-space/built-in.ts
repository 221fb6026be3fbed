import { z } from 'zod';
import { parseConvolutionalArchitecture } from './convolutional/architecture.ts';
import { describeConvolutional } from './convolutional/description.ts';
import { convolutionalPresets } from './convolutional/presets.ts';
import { convolutional, convolutionalSpace } from './convolutional/space.ts';
import { UnknownSpaceError } from './errors.ts';
import { languageRecipeGrid } from './language-recipe-grid.ts';
import type { ImageInput, NetworkDescription } from './network-description.ts';
import { recipeGrid } from './recipe-grid.ts';
import { nativeCell, recurrentCell } from './recurrent-cell/space.ts';
import { refuseForeign } from './replay.ts';
import type { SpaceOptions } from './sample.ts';
import type { SearchSpace } from './space.ts';
import { nasBench201, operationsOfArch, parseNasBench201Architecture } from './tabular/nas-bench-201.ts';
import { describeNasBench201 } from './tabular/nas-bench-201-description.ts';
import { nasBenchMacro } from './tabular/nas-bench-macro.ts';
import { nasBenchNlp } from './tabular/nas-bench-nlp.ts';
import { natsBenchSize } from './tabular/nats-bench-size.ts';
import { parseTokenHeader } from './tokens.ts';

type SpaceFactory = (options: SpaceOptions) => SearchSpace;

/** The spaces that a config or a token string may name without a module. */
const factories: ReadonlyMap<string, SpaceFactory> = new Map<string, SpaceFactory>([
  ['convolutional', convolutional],
  ...[...convolutionalPresets].map(([name, preset]): [string, SpaceFactory] => [
    name,
    (options) => convolutionalSpace(name, preset.options, options),
  ]),
  ['recurrent-cell', recurrentCell],
  ['native-cell', nativeCell],
  ['recipe-grid', recipeGrid],
  ['language-recipe-grid', languageRecipeGrid],
  ['nas-bench-201', nasBench201],
  ['nas-bench-macro', nasBenchMacro],
  ['nats-bench-size', natsBenchSize],
  ['nas-bench-nlp', nasBenchNlp],
]);

export const builtInSpaceNames: readonly string[] = [...factories.keys()];

/**
 * Makes a built-in space.
 * @param options checked by the space
 * @throws UnknownSpaceError, SpaceOptionsError
 */
export function builtInSpace(name: string, options: SpaceOptions = {}): SearchSpace {
  const factory = factories.get(name);
  if (factory !== undefined) return factory(options);
  throw new UnknownSpaceError(
    `There is no built-in space ${JSON.stringify(name)}. Built in: ${builtInSpaceNames.join(', ')}. ` +
      'A space of your own is named by its module, for example ./my-space.ts.',
  );
}

/**
 * Rebuilds the space that a token string came from: a token string of a built-in space decodes alone.
 * @throws InvalidTokenError, UnknownSpaceError, SpaceOptionsError
 * @throws ForeignSampleError when this release has another version of the space
 */
export function spaceOfTokens(text: string): SearchSpace {
  const { arguments: _, ...identity } = parseTokenHeader(text);
  const space = builtInSpace(identity.name, identity.options);
  refuseForeign(identity, space.identity);
  return space;
}

const tagged = z.looseObject({ kind: z.string() });

/**
 * Describes an architecture of a built-in space that comes from a store, without running the user's code.
 * @returns null when it is not of a built-in kind, or of one that has only a table and no drawing
 * @throws InvalidArchitectureError when it is of a built-in kind but malformed
 */
export function describeArchitecture(architecture: unknown, input?: ImageInput): NetworkDescription | null {
  const kind = tagged.safeParse(architecture).data?.kind;
  switch (kind) {
    case 'convolutional':
      return describeConvolutional(parseConvolutionalArchitecture(architecture), input);
    case 'nas-bench-201':
      return describeNasBench201(operationsOfArch(parseNasBench201Architecture(architecture).arch), input);
    default:
      return null;
  }
}
