import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModuleReference } from './module-reference.ts';
import { loadSpace, loadStrategy, resolveModule } from './modules.ts';
import { evaluatorIdentity, trialIdentity } from './trial-identity.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-modules-'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = async (name: string, text: string): Promise<string> => {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
};
const contentOf = (reference: ModuleReference) =>
  reference.origin === 'built-in' ? '' : reference.contentHash;

describe('modules named by a config', () => {
  it('a built-in name, a path from the config’s directory, a package from its node_modules', async () => {
    await write('mine.ts', 'export default 1;');
    await write(
      'node_modules/towers/package.json',
      '{ "name": "towers", "type": "module", "exports": "./towers.js" }',
    );
    await write('node_modules/towers/towers.js', 'export default 1;');
    expect(await resolveModule('evaluator', 'image-classifier', directory)).toEqual({
      origin: 'built-in',
      use: 'image-classifier',
    });
    expect(await resolveModule('space', './mine.ts', directory)).toMatchObject({
      origin: 'file',
      path: join(directory, 'mine.ts'),
    });
    expect(await resolveModule('strategy', 'towers', directory)).toMatchObject({
      origin: 'package',
      path: join(directory, 'node_modules/towers/towers.js'),
    });
  });

  it.each([
    ['space', 'convolutionl', /space\.use is "convolutionl".*Did you mean "convolutional"\?/],
    ['space', './gone.ts', /there is no file .*gone\.ts/],
    ['evaluator', 'quantum', /Built in: image-classifier/],
  ] as const)('a %s that is not there: %s', async (kind, use, message) => {
    await expect(resolveModule(kind, use, directory)).rejects.toThrow(message);
  });

  it('a space of one’s own, as it is or made from options', async () => {
    const library = fileURLToPath(new URL('../search-space/index.ts', import.meta.url));
    const define = (widths: string) => `defineSpace({ name: 'mine', version: 1,
      decisions: { width: choice(${widths}) },
      *program(ask) { return { width: yield* ask.width() }; } })`;
    await write(
      'plain.ts',
      `import { choice, defineSpace } from '${library}'; export default ${define('[1, 2]')};`,
    );
    await write(
      'made.ts',
      `import { choice, defineSpace } from '${library}';
       export default ({ widths }: { widths: number[] }) => ${define('widths')};`,
    );
    const plain = await loadSpace(await resolveModule('space', './plain.ts', directory));
    expect(plain.identity).toMatchObject({ name: 'mine', version: 1 });
    const made = await loadSpace(await resolveModule('space', './made.ts', directory), { widths: [4, 8] });
    expect(made.decisions).toEqual({ width: { kind: 'choice', options: [4, 8] } });
    await expect(
      loadSpace(await resolveModule('space', './plain.ts', directory), { widths: [4, 8] }),
    ).rejects.toThrow(/takes none/);
  });

  it('a module that gives something else is refused with what was expected', async () => {
    await write('nothing.ts', 'export const space = {};');
    await expect(loadSpace(await resolveModule('space', './nothing.ts', directory))).rejects.toThrow(
      /defineSpace/,
    );
    await expect(loadStrategy(await resolveModule('strategy', './nothing.ts', directory))).rejects.toThrow(
      /nothing\.ts: expected a default export \(space, options, seed\)/,
    );
  });

  it('the content hash follows relative imports, and does not care where the project lies', async () => {
    for (const project of ['one', 'two']) {
      await write(`${project}/evaluator.ts`, "import { score } from './lib/score.js'; export default score;");
      await write(`${project}/lib/score.ts`, 'export const score = 1;');
    }
    const one = contentOf(await resolveModule('evaluator', './one/evaluator.ts', directory));
    expect(contentOf(await resolveModule('evaluator', './two/evaluator.ts', directory))).toBe(one);
    await write('two/lib/score.ts', 'export const score = 2;');
    expect(contentOf(await resolveModule('evaluator', './two/evaluator.ts', directory))).not.toBe(one);
  });
});

describe('identity for duplicates', () => {
  const builtIn = { origin: 'built-in', use: 'image-classifier' } as const;

  it('is architecture, evaluator and options', () => {
    const evaluator = evaluatorIdentity(builtIn, { epochs: 3, batch: 64 });
    expect(evaluatorIdentity(builtIn, { batch: 64, epochs: 3 })).toBe(evaluator);
    expect(evaluatorIdentity(builtIn, { epochs: 4, batch: 64 })).not.toBe(evaluator);
    expect(trialIdentity({ a: 1, b: [2] }, evaluator)).toBe(trialIdentity({ b: [2], a: 1 }, evaluator));
    expect(trialIdentity({ a: 1, b: [3] }, evaluator)).not.toBe(trialIdentity({ a: 1, b: [2] }, evaluator));
    expect(trialIdentity({ a: 1 }, evaluator)).not.toBe(trialIdentity({ a: 1 }, 'another'));
  });
});
