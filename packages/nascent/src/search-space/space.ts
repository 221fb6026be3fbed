import type { ArgumentRule } from './arguments.ts';
import { checkedArguments } from './arguments.ts';
import type { Ask } from './ask.ts';
import { askOf } from './ask.ts';
import { hashOf } from './canonical-json.ts';
import type { Answer, Decision, Decisions, Question } from './decision.ts';
import type { Dialogue } from './dialogue.ts';
import { openDialogue } from './dialogue.ts';
import { SpaceDefinitionError } from './errors.ts';
import type { ImageInput, NetworkDescription } from './network-description.ts';
import { parseSample } from './parse-sample.ts';
import { replay } from './replay.ts';
import type { Sample, SpaceArguments, SpaceIdentity, SpaceOptions } from './sample.ts';
import { decodeText, encodeText, encodeValue } from './token-text.ts';

/**
 * A search space: declared decisions and a program that asks them.
 *
 * Whatever answers is a strategy; replaying recorded answers is decoding. A space knows neither strategies
 * nor tensors.
 */
export interface SearchSpace<Architecture = unknown, Args extends SpaceArguments = SpaceArguments> {
  readonly identity: SpaceIdentity;
  readonly decisions: Decisions;
  /** Begins one sample. @throws InvalidArgumentError */
  start(args: Args): Dialogue<Architecture>;
  /**
   * Replays a sample's answers.
   * @throws ForeignSampleError when it belongs to another space, version or options
   * @throws InvalidSampleError when the answers do not fit
   */
  decode(sample: Sample): Architecture;
  /** How an argument grows in a search whose config says neither its value nor how it grows. */
  readonly schedule?: ArgumentSchedule;
  /** How many samples the space holds under these arguments. */
  size?(args: Args): bigint;
  /** The network for drawings, with parameters and FLOPs. @param input CIFAR-10's shape by default */
  describe?(architecture: Architecture, input?: ImageInput): NetworkDescription;
}

/** An argument that grows by `add` after every so many samples drawn in the whole search, from `start`. */
export interface ArgumentSchedule {
  readonly argument: string;
  readonly start: number;
  readonly add: number;
  readonly every: number;
}

/** What `defineSpace` needs. */
export interface SpaceDefinition<D extends Decisions, Args extends SpaceArguments, Architecture> {
  /** Not empty. Any characters; token strings escape them. */
  readonly name: string;
  /** Integer ≥ 1. Raise it when the program changes what it asks or what it makes of the answers. */
  readonly version: number;
  readonly decisions: D;
  /** Rules for the program's arguments. Without rules, reading an argument that was not given throws. */
  readonly arguments?: { readonly [Name in keyof Args]: ArgumentRule };
  /** Options that differ from their defaults; they travel in every sample and token string. */
  readonly options?: SpaceOptions;
  /**
   * Asks the decisions and returns the architecture: plain data (JSON).
   * Pure: the same answers bring the same questions and the same architecture.
   */
  program(ask: Ask<D>, args: Args): Generator<Question, Architecture, Answer>;
  readonly schedule?: ArgumentSchedule;
  size?(args: Args): bigint;
  describe?(architecture: Architecture, input?: ImageInput): NetworkDescription;
}

/**
 * Makes a search space. The architecture's type is what the program returns.
 *
 * ```ts
 * const towers = defineSpace({
 *   name: 'towers', version: 1,
 *   decisions: { width: choice([8, 16]), skip: anchor() },
 *   *program(ask, { layers }: { layers: number }) {
 *     const net: { width: number; inputs: readonly number[] }[] = [];
 *     for (let i = 0; i < layers; i++) net.push({ width: yield* ask.width(), inputs: yield* ask.skip(i) });
 *     return net;
 *   },
 * });
 * ```
 * @throws SpaceDefinitionError
 */
export function defineSpace<
  const D extends Decisions,
  Architecture,
  Args extends SpaceArguments = SpaceArguments,
>(definition: SpaceDefinition<D, Args, Architecture>): SearchSpace<Architecture, Args> {
  const { name, version, decisions, options = {} } = definition;
  checkDefinition(name, version, decisions);
  const identity: SpaceIdentity = Object.freeze({
    name,
    version,
    fingerprint: fingerprintOf(name, version, decisions),
    options: Object.freeze({ ...options }),
  });
  const label = `${name}@${version}`;
  const ask = askOf(decisions, label);
  // Checking keeps names and values, so what comes out is still an `Args`.
  const checked = (args: SpaceArguments) => checkedArguments(args, definition.arguments, label) as Args;

  function start(args: SpaceArguments): Dialogue<Architecture> {
    const given = checked(args);
    return openDialogue({ identity, decisions, arguments: given, program: definition.program(ask, given) });
  }

  const { schedule, size, describe } = definition;
  return {
    identity,
    decisions,
    start,
    decode: (sample) => replay({ identity, decisions, start }, parseSample(sample)).architecture(),
    ...(schedule === undefined ? {} : { schedule }),
    ...(size === undefined ? {} : { size: (args: Args) => size.call(definition, checked(args)) }),
    ...(describe === undefined ? {} : { describe: describe.bind(definition) }),
  };
}

/**
 * Decisions count in declared order, options in theirs: both fix the controller's parameter vector.
 * Rules of arguments and space options do not count; a sample carries those itself.
 */
function fingerprintOf(name: string, version: number, decisions: Decisions): string {
  const declared = Object.entries(decisions).map(([decision, it]) =>
    it.kind === 'choice' ? [decision, it.kind, it.options] : [decision, it.kind],
  );
  return hashOf({ name, version, decisions: declared }).slice(0, 8);
}

function checkDefinition(name: string, version: number, decisions: Decisions): void {
  checkName('A space', name);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new SpaceDefinitionError(`Space ${name} has version ${version}. Give an integer, at least 1.`);
  }
  const declared = Object.entries(decisions);
  if (declared.length === 0) {
    throw new SpaceDefinitionError(`Space ${name} declares no decisions. Declare what its program asks.`);
  }
  for (const [decision, it] of declared)
    checkDecision(`Space ${name}, decision ${JSON.stringify(decision)}`, decision, it);
}

function checkDecision(where: string, name: string, decision: Decision): void {
  checkName(where, name);
  if (decision.kind === 'anchor') return;
  if (decision.options.length === 0) throw new SpaceDefinitionError(`${where}: there are no options.`);
  const seen = new Map<string, unknown>();
  for (const option of decision.options) {
    const usable = typeof option === 'string' ? isWritable(option) : Number.isFinite(Number(option));
    if (!usable) {
      throw new SpaceDefinitionError(
        `${where}: ${typeof option === 'string' ? JSON.stringify(option) : option} cannot be an option. ` +
          'Options are finite numbers, booleans and strings of well-formed Unicode that are not empty.',
      );
    }
    const text = encodeValue(option);
    if (seen.has(text)) throw new SpaceDefinitionError(`${where}: the option ${option} is declared twice.`);
    seen.set(text, option);
  }
}

function checkName(where: string, name: string): void {
  if (isWritable(name)) return;
  throw new SpaceDefinitionError(
    `${where} has the name ${JSON.stringify(name)}. Names are well-formed Unicode and not empty: ` +
      'token strings carry them.',
  );
}

/** Half a surrogate pair has no UTF-8 and would not come back from a token string. */
function isWritable(text: string): boolean {
  return decodeText(encodeText(text)) === text;
}
