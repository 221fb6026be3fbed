import { assertNever } from '../assert-never.ts';
import { NascentError } from '../errors.ts';
import type { Answer, Decisions, OptionValue } from './decision.ts';
import { InvalidTokenError } from './errors.ts';
import { labelOf, placeOf, refuseForeign, replay } from './replay.ts';
import type { Sample, SpaceArguments, SpaceIdentity, SpaceOptions } from './sample.ts';
import type { SearchSpace } from './space.ts';
import {
  decodeNumber,
  decodeText,
  decodeValue,
  encodeNumber,
  encodeText,
  encodeValue,
} from './token-text.ts';

/*
 * A token string is a whole sample in one word that no shell touches:
 *
 *   convolutional@1/8f3a2c1d/layers=2/filterHeight=3,filterWidth=5,…,filterCount=36/end
 *   name@version / fingerprint / [options: … /] arguments / answers / end
 *
 *   options     options:filterHeight=3+5,depthwise=true   only those that differ from the defaults; lists have a +
 *   arguments   layers=2                                  "-" where there are none
 *   answers     height=3 (the option's value), skip=0+2 (the chosen anchor points), skip=none
 *   end         tells a whole string from one that was cut off
 */

/** The part of a token string that says how to decode the rest. */
export type TokenHeader = SpaceIdentity & { readonly arguments: SpaceArguments };

const END = 'end';
const NOTHING = '-';
const OPTIONS = 'options:';

/** Writes a sample as a token string. @throws ForeignSampleError, InvalidSampleError */
export function encodeSample(
  sample: Sample,
  space: Pick<SearchSpace, 'identity' | 'decisions' | 'start'>,
): string {
  const { answers } = replay(space, sample);
  const { name, version, fingerprint, options } = sample.space;
  return [
    `${encodeText(name)}@${version}`,
    fingerprint,
    ...(Object.keys(options).length === 0 ? [] : [OPTIONS + encodePairs(options, encodeOption)]),
    encodePairs(sample.arguments, encodeNumber),
    answers
      .map((answer) => `${encodeText(answer.decision)}=${encodeAnswer(answer, space.decisions)}`)
      .join(',') || NOTHING,
    END,
  ].join('/');
}

/**
 * Reads a token string.
 * @throws InvalidTokenError when it is malformed, cut off, or its answers do not fit the space
 * @throws ForeignSampleError when it belongs to another space, version or options
 */
export function decodeTokens(
  text: string,
  space: Pick<SearchSpace, 'identity' | 'decisions' | 'start'>,
): Sample {
  const { header, answers: written } = split(text);
  const { arguments: given, ...identity } = header;
  refuseForeign(identity, space.identity);
  const answers = readAnswers(written, space.decisions, space.identity);
  try {
    return replay(space, { space: space.identity, arguments: given, answers }).sample();
  } catch (cause) {
    if (!(cause instanceof NascentError)) throw cause;
    throw new InvalidTokenError(cause.message, { cause });
  }
}

/** Which space a token string needs, and the sample's arguments. @throws InvalidTokenError */
export function parseTokenHeader(text: string): TokenHeader {
  return split(text).header;
}

/** Whether a text is meant as a token string (and not, say, as a trial's number). It may still be invalid. */
export function looksLikeTokens(text: string): boolean {
  return /^[^/@]+@[^/]*\//.test(text);
}

function encodeAnswer(answer: Answer, decisions: Decisions): string {
  switch (answer.kind) {
    case 'choice': {
      const decision = decisions[answer.decision];
      const value = decision?.kind === 'choice' ? decision.options[answer.index] : undefined;
      // Replay has checked the answer against the declaration.
      return value === undefined ? NOTHING : encodeValue(value);
    }
    case 'anchor':
      return answer.chosen.length === 0 ? 'none' : answer.chosen.join('+');
    default:
      return assertNever(answer);
  }
}

function encodePairs<V>(record: Readonly<Record<string, V>>, encode: (value: V) => string): string {
  const pairs = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([name, value]) => `${encodeText(name)}=${encode(value)}`).join(',') || NOTHING;
}

function encodeOption(value: OptionValue | readonly OptionValue[]): string {
  if (typeof value !== 'object') return encodeValue(value);
  const items = value.map(encodeValue).join('+');
  return value.length < 2 ? `${items}+` : items; // a list of one is not its item
}

function split(text: string): { header: TokenHeader; answers: string } {
  const parts = text.trim().split('/');
  const [head = '', fingerprint = ''] = parts;
  const named = /^([^@]+)@([1-9]\d{0,8})$/.exec(head);
  const name = decodeText(named?.[1] ?? '');
  if (named === null || name === null || !/^[0-9a-f]{8}$/.test(fingerprint)) {
    throw new InvalidTokenError(
      `${JSON.stringify(shortened(text))} is not a token string. ` +
        'One begins with its space, version and fingerprint, for example convolutional@1/8f3a2c1d/layers=2/…',
    );
  }
  if (parts.at(-1) !== END) {
    throw new InvalidTokenError(
      `The token string was cut off: it ends with ${JSON.stringify(shortened(text.trim().slice(-24)))} instead of /${END}. ` +
        'Copy the whole string.',
    );
  }
  const options = parts[2]?.startsWith(OPTIONS) ? parts[2].slice(OPTIONS.length) : null;
  const [given, answers, end, ...rest] = parts.slice(options === null ? 2 : 3);
  if (given === undefined || answers === undefined || end !== END || rest.length > 0) {
    throw new InvalidTokenError(
      `The token string has ${parts.length} parts between slashes. It needs name@version, fingerprint, ` +
        'perhaps options, arguments, answers and end.',
    );
  }
  const header: TokenHeader = {
    name,
    version: Number(named[2]),
    fingerprint,
    options: options === null ? {} : decodePairs(options, 'option', decodeOption),
    arguments: decodePairs(given, 'argument', (value) => decodeNumber(value) ?? undefined),
  };
  return { header, answers };
}

function decodePairs<V>(
  text: string,
  what: string,
  decode: (value: string) => V | undefined,
): Record<string, V> {
  if (text === NOTHING) return {};
  const entries = text.split(',').map((pair): [string, V] => {
    const { name, value } = readPair(pair, `the ${what}`);
    const decoded = decode(value);
    if (decoded === undefined)
      throw new InvalidTokenError(
        `The ${what} ${name} has the value ${JSON.stringify(value)}, which cannot be read.`,
      );
    return [name, decoded];
  });
  const record = Object.fromEntries(entries);
  if (Object.keys(record).length < entries.length) {
    throw new InvalidTokenError(`One ${what} is given twice in ${JSON.stringify(shortened(text))}.`);
  }
  return record;
}

function decodeOption(text: string): SpaceOptions[string] | undefined {
  if (!text.includes('+')) return decodeValue(text);
  const items = text
    .replace(/\+$/, '')
    .split('+')
    .filter((item) => item !== '')
    .map(decodeValue);
  return items.every((item) => item !== undefined) ? items : undefined;
}

function readPair(pair: string, where: string): { name: string; value: string } {
  const at = pair.indexOf('=');
  const name = decodeText(pair.slice(0, Math.max(at, 0)));
  if (at < 0 || name === null) {
    throw new InvalidTokenError(
      `${where}: ${JSON.stringify(shortened(pair))} is not of the form name=value.`,
    );
  }
  return { name, value: pair.slice(at + 1) };
}

function readAnswers(text: string, decisions: Decisions, space: SpaceIdentity): Answer[] {
  if (text === NOTHING) return [];
  const pairs = text.split(',').map((pair, i) => readPair(pair, `answer ${i + 1}`));
  const names = pairs.map(({ name }) => ({ decision: name }));
  return pairs.map(({ name, value }, i) => {
    const decision = Object.hasOwn(decisions, name) ? decisions[name] : undefined;
    if (decision === undefined) {
      throw new InvalidTokenError(
        `answer ${i + 1}: ${name} is not a decision of space ${labelOf(space)}, ` +
          `which has ${Object.keys(decisions).join(', ')}.`,
      );
    }
    if (decision.kind === 'anchor')
      return { kind: 'anchor', decision: name, chosen: readChosen(value, placeOf(names, i)) };
    const index = decision.options.findIndex((option) => encodeValue(option) === value);
    if (index < 0) {
      const options = decision.options.map((option) => JSON.stringify(option)).join(', ');
      throw new InvalidTokenError(
        `${placeOf(names, i)}: ${JSON.stringify(decodeValue(value) ?? value)} is not one of ${options}.`,
      );
    }
    return { kind: 'choice', decision: name, index };
  });
}

function readChosen(value: string, where: string): readonly number[] {
  if (value === 'none') return [];
  if (!/^(?:0|[1-9]\d{0,8})(?:\+(?:0|[1-9]\d{0,8}))*$/.test(value)) {
    throw new InvalidTokenError(
      `${where}: ${JSON.stringify(shortened(value))} is not a list of anchor points such as 0+2, or none.`,
    );
  }
  return value.split('+').map(Number);
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
