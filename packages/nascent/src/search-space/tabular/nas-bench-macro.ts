import { choice } from '../decision.ts';
import { InvalidArchitectureError } from '../errors.ts';
import type { SpaceOptions } from '../sample.ts';
import type { SearchSpace } from '../space.ts';
import { defineSpace } from '../space.ts';
import { refuseOptions } from './refuse-options.ts';
import { fieldsOfKind, shortJson } from './tagged-architecture.ts';

/** The blocks of a layer; a block's position is its digit in the table. */
export const NAS_BENCH_MACRO_BLOCKS = ['identity', 'mb3x3e3', 'mb5x5e6'] as const;

const LAYERS = ['layer1', 'layer2', 'layer3', 'layer4', 'layer5', 'layer6', 'layer7', 'layer8'] as const;

/** A chain network of NAS-Bench-Macro. Plain data: it crosses process and store edges as JSON. */
export interface NasBenchMacroArchitecture {
  readonly kind: 'nas-bench-macro';
  /** 8 digits, one a layer: 0 identity, 1 inverted residual 3×3 expansion 3, 2 the same 5×5 expansion 6. */
  readonly arch: string;
}

const block = choice(NAS_BENCH_MACRO_BLOCKS);

/**
 * The space of NAS-Bench-Macro (Su et al. 2021, arXiv 2103.11922): 8 layers, each an identity or one of two
 * inverted-residual blocks. Each layer is a decision of its own. Decodes without any file.
 * @throws SpaceOptionsError where options are given: it has none
 */
export function nasBenchMacro(options: SpaceOptions = {}): SearchSpace<NasBenchMacroArchitecture> {
  refuseOptions('nas-bench-macro', options);
  return defineSpace({
    name: 'nas-bench-macro',
    version: 1,
    decisions: {
      layer1: block,
      layer2: block,
      layer3: block,
      layer4: block,
      layer5: block,
      layer6: block,
      layer7: block,
      layer8: block,
    },
    arguments: {},
    *program(ask) {
      let arch = '';
      for (const layer of LAYERS) arch += NAS_BENCH_MACRO_BLOCKS.indexOf(yield* ask[layer]());
      const architecture: NasBenchMacroArchitecture = { kind: 'nas-bench-macro', arch };
      return architecture;
    },
    size: () => BigInt(NAS_BENCH_MACRO_BLOCKS.length) ** BigInt(LAYERS.length),
  });
}

/** Whether a text is 8 digits of 0, 1 and 2. */
export function isNasBenchMacroArch(text: string): boolean {
  return /^[012]{8}$/.test(text);
}

/**
 * Reads an architecture from outside (a store, a file, a message).
 * @throws InvalidArchitectureError
 */
export function parseNasBenchMacroArchitecture(data: unknown): NasBenchMacroArchitecture {
  const { arch } = fieldsOfKind(data, 'nas-bench-macro');
  if (typeof arch === 'string' && isNasBenchMacroArch(arch)) return { kind: 'nas-bench-macro', arch };
  throw new InvalidArchitectureError(
    `An architecture of kind "nas-bench-macro" has \`arch\` ${shortJson(arch)}. ` +
      'Expected a string of 8 digits 0, 1 or 2, one a layer, with its leading zeros.',
  );
}
