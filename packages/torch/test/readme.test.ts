import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('README', () => {
  it('› its first program is examples/00-readme.ts, which is run with the examples, in at most 25 lines', () => {
    const [, program = ''] = /```ts\n(.*?)```/s.exec(read('../README.md')) ?? [];
    expect(program).toBe(read('../examples/00-readme.ts'));
    expect(program.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });
});
