import { describe, expect, it } from 'vitest';
import { rememberingStrategy, toySpace } from '../../test/fixtures/toy-study.ts';
import { randomStream } from '../random.ts';
import { builtInSpace, encodeSample, knownArchitectures, sampleUniformly } from '../search-space/index.ts';
import { nextSample, refuseUnableStrategy, WarmStartError, warmStartSamples } from './warm-start.ts';

const sample = (seed: number, layers = 2) => sampleUniformly(toySpace, { layers }, randomStream(seed));
const tokens = encodeSample(sample(1), toySpace);

describe('the samples of a warm start', () => {
  it('are token strings of the space, whatever their arguments', () => {
    const longer = encodeSample(sample(2, 5), toySpace);
    expect(warmStartSamples([tokens, longer], toySpace)).toEqual([sample(1), sample(2, 5)]);
    expect(warmStartSamples(undefined, toySpace)).toEqual([]);
  });

  it('are known networks by name', () => {
    const space = builtInSpace('cnn-full');
    const [known] = warmStartSamples(['resnet-like'], space);
    expect(known === undefined ? null : encodeSample(known, space)).toBe(
      knownArchitectures.get('resnet-like')?.tokens,
    );
  });

  it('are known recurrent cells by name, in a space with the same options', () => {
    const entries = [
      ['recurrent-cell', {}, 'nascell'],
      ['recurrent-cell', { base: 2 }, 'worked-example'],
      ['native-cell', {}, 'lstm'],
    ] as const;
    for (const [name, options, entry] of entries) {
      const space = builtInSpace(name, options);
      const [known] = warmStartSamples([entry], space);
      expect(known === undefined ? null : encodeSample(known, space)).toBe(
        knownArchitectures.get(entry)?.tokens,
      );
    }
  });

  it.each([
    ['recurrent-cell', 'worked-example', /came from .*"base":2.*Known of this space: nascell, lstm-like\./s],
    ['recurrent-cell', 'lstm', /came from space native-cell.*Known of this space: nascell, lstm-like\./s],
    ['recurrent-cell', 'vgg-like', /came from space cnn-full.*Known of this space: nascell, lstm-like\./s],
    ['native-cell', 'nascell', /came from space recurrent-cell.*Known of this space: lstm, gru\./s],
    ['cnn-v1', 'resnet-like', /came from space cnn-full.*Known of this space: none\./s],
  ])('of %s cannot be %s, and the refusal says what can', (name, entry, fault) => {
    const space = builtInSpace(name);
    expect(() => warmStartSamples([entry], space)).toThrow(WarmStartError);
    expect(() => warmStartSamples([entry], space)).toThrow(fault);
  });

  it.each([
    ['a network that nobody knows', 'resnet-lik', /warmStart\.1 .*Did you mean "resnet-like"/],
    ['a known network of another space', 'resnet-like', /warmStart\.1 \(resnet-like\).*cnn-full/s],
    ['a string that was cut off', tokens.slice(0, -4), /cut off/],
    ['an answer that the space does not have', tokens.replace(/width=\d/, 'width=9'), /width/],
  ])('%s is refused, with its place', (_, entry, fault) => {
    expect(() => warmStartSamples([tokens, entry], toySpace)).toThrow(WarmStartError);
    expect(() => warmStartSamples([tokens, entry], toySpace)).toThrow(fault);
  });

  it('come first, and count as drawn by the strategy; then it draws its own', () => {
    const warmStart = [sample(1), sample(2)];
    const args = { layers: 3 };
    const strategy = rememberingStrategy(7);
    const drawn = [0, 1, 2].map((drawn) => nextSample(strategy, { warmStart, drawn, args }));
    expect(drawn.slice(0, 2)).toEqual(warmStart);
    expect(drawn[2]).toEqual(sampleUniformly(toySpace, args, randomStream(7, 'sample', 2, '0')));
    expect(strategy.summary().samples).toBe(3);
  });

  it('a strategy that takes no samples but its own is refused, unless there is no warm start', () => {
    const { adopt: _, ...unable } = rememberingStrategy(7);
    expect(() => refuseUnableStrategy(unable, [tokens])).toThrow(/remembering.*adopt/);
    refuseUnableStrategy(unable, undefined);
    refuseUnableStrategy(rememberingStrategy(7), [tokens]);
  });
});
