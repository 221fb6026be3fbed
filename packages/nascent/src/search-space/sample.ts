import type { Answer, OptionValue } from './decision.ts';

/** The arguments of a space's program, for example `{ layers: 8 }`: set for each sample, by the layer schedule. */
export type SpaceArguments = Readonly<Record<string, number>>;

/** Options with which a space was made, for example `{ filterHeight: [3, 5] }`; only those that are not defaults. */
export type SpaceOptions = Readonly<Record<string, OptionValue | readonly OptionValue[]>>;

/** Which space a sample belongs to. Two spaces with the same fingerprint declare the same decisions. */
export interface SpaceIdentity {
  readonly name: string;
  readonly version: number;
  /** First 8 hexadecimal digits of SHA-256 over name, version and declared decisions. */
  readonly fingerprint: string;
  readonly options: SpaceOptions;
}

/** A sample: tagged answers with the space and the arguments under which they were given. */
export interface Sample {
  readonly space: SpaceIdentity;
  readonly arguments: SpaceArguments;
  readonly answers: readonly Answer[];
}
