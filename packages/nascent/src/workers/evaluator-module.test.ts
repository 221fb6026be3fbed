import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadEvaluator } from './evaluator-module.ts';

const directory = mkdtempSync(join(tmpdir(), 'nascent-evaluator-'));
afterAll(() => rmSync(directory, { recursive: true }));

const surroundings = { threads: 2, configDirectory: directory };
let count = 0;
function load(source: string, options?: unknown) {
  const path = join(directory, `evaluator-${count++}.ts`);
  writeFileSync(path, source);
  const module = { origin: 'file', use: './evaluator.ts', path, contentHash: '0' } as const;
  return loadEvaluator({ module, options }, surroundings);
}

const evaluator = `score: { split: 'validation', metric: 'accuracy' }, inline: true, dispose() {},`;

describe('evaluator module', () => {
  it('a TypeScript module of the user’s own gets options and surroundings', async () => {
    const loaded = await load(
      `interface Options { readonly a: number }
       export default async (options: Options, { threads, configDirectory }: { threads: number; configDirectory: string }) =>
         ({ ${evaluator} evaluate: async () => ({ options, threads, configDirectory }) });`,
      { a: 1 },
    );
    const context = { seed: 1, report() {}, signal: new AbortController().signal };
    expect(await loaded.evaluate(null, context)).toEqual({ options: { a: 1 }, ...surroundings });
  });

  it.each([
    ['no default export', 'export const createEvaluator = () => null;', 'MODULE_UNSUITABLE'],
    ['makes nothing', 'export default () => null;', 'MODULE_UNSUITABLE'],
    ['makes half an evaluator', `export default () => ({ ${evaluator} });`, 'MODULE_UNSUITABLE'],
    ['does not parse', 'export default (', 'MODULE_NOT_LOADED'],
    ['throws when imported', "throw new Error('on purpose');", 'MODULE_NOT_LOADED'],
  ])('a module that %s is refused with its path', async (_, source, code) => {
    await expect(load(source)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`evaluator-${count - 1}.ts`),
    });
  });

  it('what createEvaluator throws is passed on as it is', async () => {
    await expect(load("export default () => { throw new RangeError('no data'); }")).rejects.toThrow(
      RangeError,
    );
  });
});
