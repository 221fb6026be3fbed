import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nascent-config-'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = async (name: string, text: string): Promise<string> => {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
};

const json = JSON.stringify({
  space: { use: 'convolutional', arguments: { layers: 2 } },
  evaluator: { use: 'image-classifier' },
  strategy: { use: 'random' },
  trials: 3,
});

describe('config files', () => {
  it('.json, .js and .ts give the same config; TypeScript may use what only TypeScript has', async () => {
    await write('layers.ts', 'export enum Layers { few = 2 }');
    const typescript = `
      import { Layers } from './layers.ts';
      const layers: number = Layers.few;
      export default { ...${json}, space: { use: 'convolutional', arguments: { layers } } } satisfies object;`;
    const configs = await Promise.all([
      loadConfig(await write('a.json', json)),
      loadConfig(await write('b.mjs', `export default ${json};`)),
      loadConfig(await write('c.ts', typescript)),
    ]);
    const [first] = configs;
    for (const loaded of configs) {
      expect(loaded.config).toEqual(first?.config);
      expect(loaded.directory).toBe(directory);
    }
  });

  it('a relative path starts at `cwd`, and the command line overrules the file', async () => {
    await write('a.json', json);
    const { config } = await loadConfig('a.json', {
      cwd: directory,
      override: { trials: 9, seed: undefined },
    });
    expect(config).toMatchObject({ trials: 9, seed: 1 });
  });

  it('a package that is not installed where the config looks for it is named, with what to do', async () => {
    const file = await write('d.ts', "import 'a-package-of-mine'; export default {};");
    await expect(loadConfig(file)).rejects.toThrow(
      `cannot load ${file}: it imports the package a-package-of-mine, which is not installed there. ` +
        'Run `npm install a-package-of-mine` in its directory.',
    );
  });

  it('a package that a config imports is the one that everybody else has: it is not loaded twice', async () => {
    await write('package.json', '{ "type": "module" }');
    const modules = join(directory, 'node_modules');
    await mkdir(join(directory, 'library'), { recursive: true });
    await mkdir(modules);
    await write('library/package.json', '{ "name": "library", "type": "module", "exports": "./index.js" }');
    await write(
      'library/index.js',
      'globalThis.libraryLoads = (globalThis.libraryLoads ?? 0) + 1; export const trials = 3;',
    );
    await symlink(join(directory, 'library'), join(modules, 'library'));
    const body = `import { trials } from 'library'; export default { ...${json}, trials };`;
    await loadConfig(await write('one.ts', body));
    await loadConfig(await write('two.ts', body));
    expect((globalThis as { libraryLoads?: number }).libraryLoads).toBe(1);
  });

  it.each([
    ['a file that is not there', 'none.ts', null, /there is no file .*none\.ts/],
    ['another kind of file', 'config.yaml', 'trials: 3', /\.yaml.*expected \.ts, \.js, \.mjs or \.json/],
    ['broken JSON', 'broken.json', '{ "trials": 3, }', /broken\.json.*not JSON/],
    ['a syntax error', 'broken.ts', 'export default { trials: 3', /broken\.ts/],
    ['a module that throws', 'throws.ts', 'throw new Error("no such card")', /throws\.ts.*no such card/],
    ['a missing import', 'import.ts', 'import "./gone.ts"; export default {}', /import\.ts.*gone/s],
    ['no default export', 'named.ts', 'export const config = {}', /named\.ts.*no default export/],
    [
      'a misspelt key',
      'key.ts',
      `export default { ...${json}, trails: 1 }`,
      /key\.ts.*did you mean "trials"/,
    ],
  ])('%s is an error that names the file and the cause', async (_, name, text, message) => {
    const path = text === null ? join(directory, name) : await write(name, text);
    await expect(loadConfig(path)).rejects.toThrow(message);
  });
});
