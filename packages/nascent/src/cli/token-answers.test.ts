import { describe, expect, it } from 'vitest';
import { randomStream } from '../random.ts';
import { choice } from '../search-space/decision.ts';
import { defineSpace, encodeSample, sampleUniformly } from '../search-space/index.ts';
import { tokenAnswers } from './token-answers.ts';

describe('the answers of a token string, for a table', () => {
  it('lose the names of their decisions', () => {
    expect(tokenAnswers('cnn@1/8f3a2c1d/layers=1/filterHeight=3,filterWidth=5/end')).toBe('3 5');
    expect(tokenAnswers('cnn@1/8f3a2c1d/-//end')).toBe('');
    expect(tokenAnswers('nothing')).toBe('');
  });

  it('are told apart from their names whatever characters they have', () => {
    const space = defineSpace({
      name: 'odd',
      version: 1,
      decisions: { word: choice(['a=b', 'x,y', 'one', '100 %', 'c/d']), none: choice(['none']) },
      *program(ask) {
        const words: string[] = [];
        for (let i = 0; i < 30; i++) words.push(String(yield* ask.word()), String(yield* ask.none()));
        return { words };
      },
    });
    const sample = sampleUniformly(space, {}, randomStream(1));
    const answers = tokenAnswers(encodeSample(sample, space)).split(' ');
    const shown = new Map([
      ['a=b', 'a%3Db'],
      ['x,y', 'x%2Cy'],
      ['100 %', '100%20%25'],
      ['c/d', 'c%2Fd'],
    ]);
    const { words } = space.decode(sample);
    expect(answers).toEqual(words.map((word) => shown.get(word) ?? word));
    expect(new Set(words).size).toBe(6); // all of them were drawn
  });
});
