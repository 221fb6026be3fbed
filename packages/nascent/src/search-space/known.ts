import { knownNetworks } from './convolutional/known-networks.ts';
import { knownCells } from './recurrent-cell/known-cells.ts';

/** A network or a recurrent cell that was known before any search. */
export interface KnownArchitecture {
  /** A token string of a built-in space; it decodes alone. */
  readonly tokens: string;
  readonly about: string;
}

/** All that has a name: where a command takes a TRIAL, and in the warm start of a search. */
export const knownArchitectures: ReadonlyMap<string, KnownArchitecture> = new Map([
  ...knownNetworks,
  ...knownCells,
]);
