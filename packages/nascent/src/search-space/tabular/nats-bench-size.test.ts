import { describe, expect, it } from 'vitest';
import { randomStream } from '../../random.ts';
import {
  checkProgram,
  countByEnumeration,
  decodeTokens,
  encodeSample,
  InvalidArchitectureError,
  natsBenchSize,
  SpaceOptionsError,
  sampleUniformly,
  spaceOfTokens,
} from '../index.ts';
import { parseNatsBenchSizeArchitecture } from './nats-bench-size.ts';

const space = natsBenchSize();

describe('the space nats-bench-size', () => {
  it('asks five places, each under its own name, and writes their channels in this order', () => {
    expect(Object.keys(space.decisions)).toEqual(['stem', 'cells1', 'residual1', 'cells2', 'residual2']);
    const options = [8, 16, 24, 32, 40, 48, 56, 64];
    for (const decision of Object.values(space.decisions))
      expect(decision).toEqual({ kind: 'choice', options });
    const dialogue = space.start({});
    for (const channels of [64, 48, 56, 8, 24]) {
      const decision = dialogue.question?.decision ?? '';
      dialogue.answer({ kind: 'choice', decision, index: options.indexOf(channels) });
    }
    expect(dialogue.architecture()).toEqual({ kind: 'nats-bench-size', channels: '64:48:56:8:24' });
    checkProgram(space, {});
  });

  it('has 32,768 samples, counted one by one too', () => {
    expect(space.size?.({})).toBe(32_768n);
    expect(countByEnumeration(space, {})).toBe(32_768n);
  });

  it('a token string decodes alone; the fingerprint does not change', () => {
    expect(space.identity).toEqual({
      name: 'nats-bench-size',
      version: 1,
      fingerprint: '85ca8c00',
      options: {},
    });
    const sample = sampleUniformly(space, {}, randomStream(1));
    const tokens = encodeSample(sample, space);
    const again = spaceOfTokens(tokens);
    expect(again.decode(decodeTokens(tokens, again))).toEqual(space.decode(sample));
  });

  it('has no options', () => {
    expect(() => natsBenchSize({ stages: 3 })).toThrow(SpaceOptionsError);
  });

  it.each([
    { kind: 'nats-bench-size', channels: '64:64:56:64' },
    { kind: 'nats-bench-size', channels: '64:64:56:64:20' },
    { kind: 'nats-bench-size', channels: [64, 64, 56, 64, 24] },
    { kind: 'nas-bench-201', arch: '|none~0|' },
  ])('an architecture from outside: %j is refused', (data) => {
    expect(() => parseNatsBenchSizeArchitecture(data)).toThrow(InvalidArchitectureError);
  });
});
