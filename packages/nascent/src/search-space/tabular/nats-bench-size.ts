import { choice } from '../decision.ts';
import { InvalidArchitectureError } from '../errors.ts';
import type { SpaceOptions } from '../sample.ts';
import type { SearchSpace } from '../space.ts';
import { defineSpace } from '../space.ts';
import { refuseOptions } from './refuse-options.ts';
import { fieldsOfKind, shortJson } from './tagged-architecture.ts';

/** The channel counts that each of the five places may have (Dong et al. 2021, §3.2). */
export const NATS_BENCH_CHANNELS = [8, 16, 24, 32, 40, 48, 56, 64] as const;

/** In the order of the network, which is the order of the table's numbers. */
const PLACES = ['stem', 'cells1', 'residual1', 'cells2', 'residual2'] as const;

/** A network of the NATS-Bench size space. Plain data: it crosses process and store edges as JSON. */
export interface NatsBenchSizeArchitecture {
  readonly kind: 'nats-bench-size';
  /** Output channels `c1:c2:c3:c4:c5`: first convolution, first cells, first residual block, second cells, second residual block. */
  readonly channels: string;
}

const channelCount = choice(NATS_BENCH_CHANNELS);

/**
 * The size space of NATS-Bench (Dong et al. 2021): a fixed topology whose five channel counts are searched.
 * Each place is a decision of its own. Decodes without any file.
 * @throws SpaceOptionsError where options are given: it has none
 */
export function natsBenchSize(options: SpaceOptions = {}): SearchSpace<NatsBenchSizeArchitecture> {
  refuseOptions('nats-bench-size', options);
  return defineSpace({
    name: 'nats-bench-size',
    version: 1,
    decisions: {
      stem: channelCount,
      cells1: channelCount,
      residual1: channelCount,
      cells2: channelCount,
      residual2: channelCount,
    },
    arguments: {},
    *program(ask) {
      const counts: number[] = [];
      for (const place of PLACES) counts.push(yield* ask[place]());
      const architecture: NatsBenchSizeArchitecture = {
        kind: 'nats-bench-size',
        channels: counts.join(':'),
      };
      return architecture;
    },
    size: () => BigInt(NATS_BENCH_CHANNELS.length) ** BigInt(PLACES.length),
  });
}

/** Whether a text is five of the allowed channel counts with `:` between them. */
export function isNatsBenchChannels(text: string): boolean {
  return /^(?:8|16|24|32|40|48|56|64)(?::(?:8|16|24|32|40|48|56|64)){4}$/.test(text);
}

/**
 * Reads an architecture from outside (a store, a file, a message).
 * @throws InvalidArchitectureError
 */
export function parseNatsBenchSizeArchitecture(data: unknown): NatsBenchSizeArchitecture {
  const { channels } = fieldsOfKind(data, 'nats-bench-size');
  if (typeof channels === 'string' && isNatsBenchChannels(channels))
    return { kind: 'nats-bench-size', channels };
  throw new InvalidArchitectureError(
    `An architecture of kind "nats-bench-size" has \`channels\` ${shortJson(channels)}. ` +
      `Expected a string of five counts with ":" between them, each one of ${NATS_BENCH_CHANNELS.join(', ')}.`,
  );
}
