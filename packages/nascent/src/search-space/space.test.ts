import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Answer,
  anchor,
  choice,
  defineSpace,
  InvalidAnswerError,
  InvalidQuestionError,
  type Question,
  type SearchSpace,
} from './index.ts';

interface ConvLayer {
  height: number;
  inputs: readonly number[];
}

/** The example of the guide and of design.md, word for word. */
const cnn = defineSpace({
  name: 'cnn',
  version: 1,
  decisions: { filterHeight: choice([1, 3, 5, 7]), skip: anchor() },
  *program(ask, { layers }: { layers: number }) {
    const net: ConvLayer[] = [];
    for (let i = 0; i < layers; i++) {
      const height = yield* ask.filterHeight();
      const inputs = yield* ask.skip(i);
      net.push({ height, inputs });
    }
    return net;
  },
});

const pick = (decision: string, index: number) => ({ kind: 'choice', decision, index }) as const;
const join = (decision: string, ...chosen: number[]) => ({ kind: 'anchor', decision, chosen }) as const;

describe('a search space', () => {
  it('asks its decisions one by one and returns the architecture', () => {
    const dialogue = cnn.start({ layers: 2 });
    expect(dialogue.question).toEqual({ kind: 'choice', decision: 'filterHeight', allowed: [0, 1, 2, 3] });
    dialogue.answer(pick('filterHeight', 1));
    expect(dialogue.question).toEqual({ kind: 'anchor', decision: 'skip', earlier: 0 });
    dialogue.answer(join('skip'));
    dialogue.answer(pick('filterHeight', 3));
    expect(dialogue.question).toEqual({ kind: 'anchor', decision: 'skip', earlier: 1 });
    dialogue.answer(join('skip', 0));
    expect(dialogue.question).toBeNull();
    expect(dialogue.architecture()).toEqual([
      { height: 3, inputs: [] },
      { height: 7, inputs: [0] },
    ]);
  });

  it('infers the architecture and the arguments from its program', () => {
    expectTypeOf(cnn).toEqualTypeOf<SearchSpace<ConvLayer[], { layers: number }>>();
    const typed = defineSpace({
      name: 'typed',
      version: 1,
      decisions: { activation: choice(['relu', 'tanh']), wide: choice([true, false]), skip: anchor() },
      *program(ask) {
        const activation = yield* ask.activation();
        expectTypeOf(activation).toEqualTypeOf<'relu' | 'tanh'>();
        const wide = yield* ask.wide({ only: [true] });
        expectTypeOf(wide).toEqualTypeOf<boolean>();
        const skip = yield* ask.skip(0);
        expectTypeOf(skip).toEqualTypeOf<readonly number[]>();
        // @ts-expect-error 'sigmoid' is not declared
        const narrowed = () => ask.activation({ only: ['sigmoid'] });
        // @ts-expect-error an anchor needs its number
        const unnumbered = () => ask.skip();
        // @ts-expect-error `depth` is not declared
        const undeclared = () => ask.depth;
        return { activation, wide, mistakes: [narrowed, unnumbered, undeclared].length };
      },
    });
    expectTypeOf<ReturnType<typeof typed.decode>>().toEqualTypeOf<{
      activation: 'relu' | 'tanh';
      wide: boolean;
      mistakes: number;
    }>();
    expect(typed.start({}).question?.decision).toBe('activation');
  });

  it('is assignable to a space of unknown architecture and arguments', () => {
    const spaces: readonly SearchSpace[] = [cnn];
    expect(spaces[0]?.start({ layers: 1 }).question?.decision).toBe('filterHeight');
  });

  it('runs many dialogues side by side', () => {
    const [a, b] = [cnn.start({ layers: 1 }), cnn.start({ layers: 1 })];
    a.answer(pick('filterHeight', 0));
    b.answer(pick('filterHeight', 1));
    a.answer(join('skip'));
    b.answer(join('skip'));
    expect([a.architecture(), b.architecture()]).toEqual([
      [{ height: 1, inputs: [] }],
      [{ height: 3, inputs: [] }],
    ]);
  });

  it('refuses to give an architecture while a question is open', () => {
    expect(() => cnn.start({ layers: 1 }).architecture()).toThrow(
      /cnn@1 was wanted after 0 answers, while filterHeight/,
    );
    expect(() => cnn.start({ layers: 1 }).sample()).toThrow(/Answer until/);
  });

  it('refuses an argument that the program reads but nobody gave', () => {
    const misspelt = { layer: 3 } as unknown as { layers: number };
    expect(() => cnn.start(misspelt)).toThrow(/cnn@1 reads the argument layers.*Given were: layer\./);
  });
});

describe('narrowed options', () => {
  const narrowing = (only: readonly number[]) =>
    defineSpace({
      name: 'narrow',
      version: 1,
      decisions: { height: choice<number>([1, 3, 5, 7]) },
      *program(ask) {
        return yield* ask.height({ only });
      },
    });

  it('allow indices into the declared options, ascending', () => {
    expect(narrowing([5, 1, 5]).start({}).question).toEqual({
      kind: 'choice',
      decision: 'height',
      allowed: [0, 2],
    });
  });

  it('refuse an answer outside the narrowed options, and keep the question open', () => {
    const dialogue = narrowing([1, 3]).start({});
    expect(() => dialogue.answer(pick('height', 2))).toThrow('answer 1, height: 5 is not one of 1, 3.');
    expect(() => dialogue.answer(pick('height', 9))).toThrow(
      'answer 1, height: option 9 is not one of 1, 3.',
    );
    dialogue.answer(pick('height', 1));
    expect(dialogue.architecture()).toBe(3);
  });

  it('refuse an option that is not declared', () => {
    expect(() => narrowing([1, 4]).start({})).toThrow(InvalidQuestionError);
    expect(() => narrowing([1, 4]).start({})).toThrow(
      'narrowed height to 4, which is not one of its options 1, 3, 5, 7',
    );
  });

  it('refuse to leave nothing', () => {
    expect(() => narrowing([]).start({})).toThrow(/no option at all/);
  });
});

describe('a program that asks what is not declared', () => {
  const asking = (program: (ask: Record<string, (i?: number) => Generator>) => Generator) =>
    defineSpace({
      name: 'wrong',
      version: 1,
      decisions: { height: choice([1, 3]), skip: anchor() },
      // @ts-expect-error these programs are what the types forbid
      program,
    });

  it('is refused by name', () => {
    const space = asking(function* (ask) {
      yield* ask['hieght']?.() ?? [];
    });
    expect(() => space.start({})).toThrow(
      'The program of space wrong@1 asked "hieght", which is not declared.',
    );
  });

  it('is refused when it yields questions by hand', () => {
    const cases: [unknown, RegExp][] = [
      [{ kind: 'choice', decision: 'width', allowed: [0] }, /asked the choice width, which is not declared/],
      [{ kind: 'choice', decision: 'toString', allowed: [0] }, /toString, which is not declared/],
      [{ kind: 'choice', decision: 'skip', allowed: [0] }, /skip, which is declared as anchor/],
      [{ kind: 'choice', decision: 'height', allowed: [] }, /height with the allowed options \[\]/],
      [{ kind: 'choice', decision: 'height', allowed: [1, 0] }, /\[1,0\]\. Give ascending indices below 2/],
      [{ kind: 'choice', decision: 'height', allowed: [2] }, /\[2\]\. Give ascending indices below 2/],
      [{ kind: 'choice', decision: 'height', allowed: [0, 0] }, /\[0,0\]/],
    ];
    for (const [question, message] of cases) {
      const space = asking(function* () {
        yield question;
      });
      expect(() => space.start({})).toThrow(InvalidQuestionError);
      expect(() => space.start({})).toThrow(message);
    }
  });
});

describe('anchor points', () => {
  const asking = (numbers: readonly number[]) =>
    defineSpace({
      name: 'anchors',
      version: 1,
      decisions: { skip: anchor(), other: anchor() },
      *program(ask) {
        const all: (readonly number[])[] = [];
        for (const i of numbers) all.push(yield* ask.skip(i));
        all.push(yield* ask.other(0));
        return all;
      },
    });

  it('are asked in order, none left out or asked twice', () => {
    expect(() => asking([1]).start({})).toThrow(
      'asked skip(1) after 0 anchor points of that name. Ask skip(0)',
    );
    const twice = asking([0, 0]).start({});
    expect(() => twice.answer(join('skip'))).toThrow(/asked skip\(0\) after 1 anchor points/);
  });

  it('are counted for each name on its own', () => {
    const dialogue = asking([0, 1]).start({});
    dialogue.answer(join('skip'));
    dialogue.answer(join('skip', 0));
    expect(dialogue.question).toEqual({ kind: 'anchor', decision: 'other', earlier: 0 });
  });

  it('choose earlier ones only, ascending', () => {
    const atThird = () => {
      const dialogue = asking([0, 1, 2]).start({});
      dialogue.answer(join('skip'));
      dialogue.answer(join('skip'));
      return dialogue;
    };
    for (const chosen of [[2], [-1], [1, 0], [0, 0], [0.5]]) {
      expect(() => atThird().answer(join('skip', ...chosen))).toThrow(InvalidAnswerError);
    }
    expect(() => atThird().answer(join('skip', 2))).toThrow(
      'answer 3, skip: [2] is not an ascending list of earlier anchor points (there are 2, counted from 0).',
    );
    expect(() => asking([0]).start({}).answer(join('skip', 0))).toThrow(/there are none before the first/);
  });

  it('refuse an answer of another kind or decision', () => {
    expect(() => asking([0]).start({}).answer(pick('skip', 0))).toThrow(
      /asks the anchor skip, but the answer is to the choice/,
    );
    expect(() => asking([0]).start({}).answer(join('other'))).toThrow(/the answer is to the anchor other/);
  });
});

// biome-ignore lint/correctness/useYield: these spaces are declared only, nobody runs them
function* asksNothing(): Generator<Question, null, Answer> {
  return null;
}

describe('the fingerprint', () => {
  const base = {
    name: 'f',
    version: 1,
    decisions: { height: choice<number>([1, 3]), skip: anchor() },
    program: asksNothing,
  };
  const fingerprint = (change: object) =>
    defineSpace({ ...base, ...change } as typeof base).identity.fingerprint;

  // python3: hashlib.sha256(json.dumps({'decisions': [['height', 'choice', [1, 3]], ['skip', 'anchor']],
  //   'name': 'f', 'version': 1}, separators=(',', ':')).encode()).hexdigest()[:8]
  it('is pinned: a change here makes every recorded sample foreign, so raise the version instead', () => {
    expect(fingerprint({})).toBe('71d57e08');
  });

  it('depends on name, version, names, kinds, options and their order', () => {
    const all = [
      fingerprint({}),
      fingerprint({ name: 'g' }),
      fingerprint({ version: 2 }),
      fingerprint({ decisions: { height: choice([3, 1]), skip: anchor() } }),
      fingerprint({ decisions: { height: choice(['1', '3']), skip: anchor() } }),
      fingerprint({ decisions: { skip: anchor(), height: choice([1, 3]) } }),
      fingerprint({ decisions: { height: choice([1, 3]) } }),
      fingerprint({ decisions: { width: choice([1, 3]), skip: anchor() } }),
    ];
    expect(new Set(all).size).toBe(all.length);
    for (const one of all) expect(one).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe('defineSpace', () => {
  const define = (change: object) => () =>
    defineSpace({
      name: 'd',
      version: 1,
      decisions: { height: choice<number | string>([1, 3]) },
      program: asksNothing,
      ...change,
    });

  it('refuses declarations that cannot work, naming the decision', () => {
    expect(define({ name: '' })).toThrow(/A space has the name ""/);
    expect(define({ version: 0 })).toThrow('Space d has version 0. Give an integer, at least 1.');
    expect(define({ decisions: {} })).toThrow(/declares no decisions/);
    expect(define({ decisions: { height: choice([]) } })).toThrow(
      'Space d, decision "height": there are no options.',
    );
    expect(define({ decisions: { height: choice([1, 3, 1]) } })).toThrow(
      /"height": the option 1 is declared twice/,
    );
    expect(define({ decisions: { height: choice([Number.NaN]) } })).toThrow(/NaN cannot be an option/);
    expect(define({ decisions: { height: choice(['']) } })).toThrow(/"" cannot be an option/);
    expect(define({ decisions: { height: choice(['\ud800']) } })).toThrow(/cannot be an option/);
    expect(define({ decisions: { '': anchor() } })).toThrow(/has the name ""/);
  });
});
