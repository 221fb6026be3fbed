import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../random.ts';
import {
  type Answer,
  anchor,
  architectureKey,
  checkProgram,
  choice,
  convolutional,
  defineSpace,
  ForeignSampleError,
  ImpureProgramError,
  InvalidSampleError,
  NotPlainDataError,
  type Question,
  type Sample,
  type SearchSpace,
  sampleUniformly,
} from './index.ts';

/** Chains of conditional questions, for properties that every space should have. */
const varied = defineSpace({
  name: 'varied',
  version: 1,
  decisions: { more: choice([false, true]), size: choice([1, 2, 4, 8]), skip: anchor() },
  *program(ask, { limit }: { limit: number }) {
    const net: { size: number; inputs: readonly number[] }[] = [];
    while (net.length < limit && (yield* ask.more())) {
      const smallest = net.at(-1)?.size ?? 1;
      const size = yield* ask.size({ only: [1, 2, 4, 8].filter((it) => it >= smallest) as 1[] });
      net.push({ size, inputs: yield* ask.skip(net.length) });
    }
    return net;
  },
});

const questionsOf = (space: SearchSpace<unknown, { limit: number }>, sample: Sample, limit: number) => {
  const dialogue = space.start({ limit });
  const questions: (Question | null)[] = [dialogue.question];
  for (const answer of sample.answers) {
    dialogue.answer(answer);
    questions.push(dialogue.question);
  }
  return questions;
};

describe('replaying a sample', () => {
  it('brings the same questions and the same architecture (property)', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(6), (seed, limit) => {
        const sample = sampleUniformly(varied, { limit }, randomStream(seed));
        expect(questionsOf(varied, sample, limit)).toEqual(questionsOf(varied, sample, limit));
        expect(questionsOf(varied, sample, limit).at(-1)).toBeNull();
        expect(varied.decode(sample)).toEqual(varied.decode(sample));
      }),
    );
  });

  it('survives JSON', () => {
    const sample = sampleUniformly(varied, { limit: 4 }, randomStream(3));
    expect(varied.decode(JSON.parse(JSON.stringify(sample)))).toEqual(varied.decode(sample));
  });

  it('draws the same sample from the same stream', () => {
    const draw = (seed: number) => sampleUniformly(varied, { limit: 6 }, randomStream(seed, 'sample', 0));
    expect(draw(1)).toEqual(draw(1));
    expect(new Set([0, 1, 2, 3, 4].map((seed) => JSON.stringify(draw(seed)))).size).toBeGreaterThan(1);
  });
});

describe('a sample is refused', () => {
  const cnn = convolutional();
  const sample = sampleUniformly(cnn, { layers: 2 }, randomStream(1));
  const withAnswers = (answers: readonly Answer[]): Sample => ({ ...sample, answers });

  it('by another space', () => {
    expect(() => varied.decode(sample)).toThrow(ForeignSampleError);
    const renamed = { ...sample, space: { ...sample.space, fingerprint: '00000000' } };
    expect(() => cnn.decode(renamed)).toThrow(
      /came from space convolutional@1 \(00000000\) but was decoded with/,
    );
  });

  it('when two spaces differ in options that do not change the declaration', () => {
    const made = (pooling: boolean) =>
      defineSpace({
        name: 'o',
        version: 1,
        decisions: { height: choice([1, 3]) },
        options: { pooling },
        *program(ask) {
          return { pooling, height: yield* ask.height() };
        },
      });
    expect(made(true).identity.fingerprint).toBe(made(false).identity.fingerprint);
    const drawn = sampleUniformly(made(true), {}, randomStream(0));
    expect(() => made(false).decode(drawn)).toThrow(/with options \{"pooling":true\} but was decoded with/);
  });

  it('when answers are missing, too many, or not allowed', () => {
    expect(() => cnn.decode(withAnswers(sample.answers.slice(0, 4)))).toThrow(
      /ends after 4 answers.*answer 5, filterWidth/,
    );
    expect(() => cnn.decode(withAnswers([...sample.answers, ...sample.answers]))).toThrow(
      /has 12 answers.*answer 7/,
    );
    const bad: Answer = { kind: 'choice', decision: 'filterCount', index: 4 };
    expect(() => cnn.decode(withAnswers([...sample.answers.slice(0, 5), bad]))).toThrow(
      'answer 6 (filterCount no. 2): option 4 is not one of 24, 36, 48, 64.',
    );
    expect(() => cnn.decode(withAnswers([bad]))).toThrow(InvalidSampleError);
  });

  it('when it is no sample at all, naming the field', () => {
    const garbage: unknown[] = [
      null,
      7,
      'x',
      {},
      { ...sample, answers: 3 },
      { ...sample, arguments: { layers: '2' } },
    ];
    for (const data of garbage) expect(() => cnn.decode(data as Sample)).toThrow(InvalidSampleError);
    const unknownKind = {
      ...sample,
      answers: [{ kind: 'guess', decision: 'filterHeight' }],
    } as unknown as Sample;
    expect(() => cnn.decode(unknownKind)).toThrow(/answers\[0\]/);
  });

  it('when its program changed without a new version', () => {
    const space = (first: 'a' | 'b') =>
      defineSpace({
        name: 'changed',
        version: 1,
        decisions: { a: choice([1, 2]), b: choice([1, 2]) },
        *program(ask) {
          return first === 'a' ? [yield* ask.a(), yield* ask.b()] : [yield* ask.b(), yield* ask.a()];
        },
      });
    const drawn = sampleUniformly(space('a'), {}, randomStream(0));
    expect(() => space('b').decode(drawn)).toThrow(/changed without raising its version, or it is not pure/);
  });
});

describe('checkProgram', () => {
  it('accepts pure programs', () => {
    checkProgram(varied, { limit: 5 });
    checkProgram(convolutional(), { layers: 3 });
  });

  const counting = (make: (run: number) => 'a' | 'b', result: (run: number) => unknown = () => null) => {
    let run = 0;
    return defineSpace({
      name: 'impure',
      version: 1,
      decisions: { a: choice([1, 2]), b: choice([1, 2]) },
      *program(ask) {
        const mine = ++run;
        yield* make(mine) === 'a' ? ask.a() : ask.b();
        return result(mine);
      },
    });
  };

  it('finds a program that asks something else the second time', () => {
    expect(() =>
      checkProgram(
        counting((run) => (run % 2 === 0 ? 'a' : 'b')),
        {},
      ),
    ).toThrow(ImpureProgramError);
    expect(() =>
      checkProgram(
        counting((run) => (run % 3 === 0 ? 'a' : 'b')),
        {},
      ),
    ).toThrow(/For answer 1 it first asked b/);
  });

  it('finds a program that makes another architecture the second time', () => {
    expect(() =>
      checkProgram(
        counting(
          () => 'a',
          (run) => run,
        ),
        {},
      ),
    ).toThrow(/two different architectures/);
  });

  it('finds an architecture that JSON cannot keep', () => {
    expect(() =>
      checkProgram(
        counting(
          () => 'a',
          () => new Map(),
        ),
        {},
      ),
    ).toThrow(NotPlainDataError);
  });
});

describe('the architecture key', () => {
  it('is SHA-256 over JSON with sorted keys', () => {
    // printf '{"a":[1,"x",null],"b":true}' | sha256sum
    expect(architectureKey({ b: true, a: [1, 'x', null], c: undefined })).toBe(
      '4d7b28d08614fa6b95c30756c0ebb1630591378c477e0943d35ac08f97b604a3',
    );
    expect(architectureKey({ a: 1, b: 2 })).toBe(architectureKey({ b: 2, a: 1 }));
    expect(architectureKey([1, 2])).not.toBe(architectureKey([2, 1]));
  });

  it('refuses what JSON would change silently, naming the place', () => {
    expect(() => architectureKey({ layers: [{ width: Number.NaN }] })).toThrow(
      /^the value\.layers\[0\]\.width is NaN/,
    );
    expect(() => architectureKey({ f: () => 1 })).toThrow('the value.f is of type function');
    expect(() => architectureKey({ d: new Date(0) })).toThrow('the value.d is of class Date');
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => architectureKey(loop)).toThrow('the value.self is part of itself');
  });
});
