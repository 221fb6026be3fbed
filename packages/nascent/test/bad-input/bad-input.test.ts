import { copyFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BinaryRun } from '../fixtures/binary.ts';
import { isBuilt } from '../fixtures/binary.ts';
import { Place, soundConfig } from './place.ts';

/*
 * What users see when something is wrong, from the real binary: a message that says what was found, where, and
 * what to do; a non-zero exit code; no stack trace; and every file as it was.
 */

let place: Place;
beforeAll(() => {
  if (!isBuilt)
    throw new Error(
      'packages/nascent/dist is missing; these tests run the compiled binary: npm run build:ts',
    );
  place = new Place();
});
afterAll(() => place.remove());

/** The complaint must name all of these. */
function expectComplaint(run: BinaryRun, named: readonly string[], code = 1): void {
  expect(run.stderr).toMatch(/^error: /m);
  for (const words of named) expect(run.stderr).toContain(words);
  expect(run.stderr).not.toMatch(/^\s+at .*\.(js|ts):\d+/m);
  expect(run.code).toBe(code);
}

/** Runs the command, and checks that it left every file as it was. */
async function harmless(words: string, env: Readonly<Record<string, string>> = {}): Promise<BinaryRun> {
  const before = place.contents();
  const run = await place.nascent(words, env);
  expect(place.contents()).toEqual(before);
  return run;
}

describe('bad input', { timeout: 120_000 }, () => {
  describe('data', () => {
    const truncate = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1);
    const mislabel = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 3073 ? 10 : byte));

    it('a truncated batch file: `data verify` names the file and how to get it again', async () => {
      place.cifar10('truncated', 'data_batch_2.bin', truncate);
      const run = await harmless('data verify cifar10 --dir truncated');
      expectComplaint(run, ['data_batch_2.bin', '3073', 'nascent data fetch cifar10']);
    });

    it('a truncated batch file: `search` names it, and begins no study', async () => {
      place.cifar10('truncated', 'data_batch_2.bin', truncate);
      place.trainingConfig('training.json', 'truncated');
      const run = await place.nascent('search training.json --study truncated.db');
      expectComplaint(run, ['data_batch_2.bin', '3073', 'nascent data fetch cifar10']);
      expect((await place.nascent('trials --study truncated.db')).code).toBe(1);
    });

    it.each(['data verify cifar10 --dir mislabelled', 'search mislabelled.json --study mislabelled.db'])(
      'a wrong label byte: `%s` names file, image and label',
      async (words) => {
        place.cifar10('mislabelled', 'data_batch_1.bin', mislabel);
        place.trainingConfig('mislabelled.json', 'mislabelled');
        expectComplaint(await place.nascent(words), ['data_batch_1.bin', '10', 'nascent data fetch cifar10']);
      },
    );

    it('no data at all: `search` says where it looked and how to get them', async () => {
      place.trainingConfig('no-data.json', 'nowhere');
      const run = await place.nascent('search no-data.json --study no-data.db');
      expectComplaint(run, ['cifar10', place.at('nowhere'), 'nascent data fetch cifar10']);
    });
  });

  describe('config', () => {
    it('a misspelt key is named with the right one', async () => {
      place.json('misspelt.json', { ...soundConfig, worker: 2, limits: { secondsPerTrail: 3 } });
      const run = await harmless('search misspelt.json --study misspelt.db');
      expectComplaint(run, [
        'misspelt.json',
        'worker',
        '"workers"',
        'limits.secondsPerTrail',
        '"secondsPerTrial"',
      ]);
    });

    it('a misspelt option of the evaluator is named', async () => {
      const options = { dataset: { name: 'cifar10' }, epocs: 3 };
      place.json('option.json', { ...soundConfig, evaluator: { use: 'image-classifier', options } });
      expectComplaint(await place.nascent('search option.json --study option.db'), [
        'image-classifier',
        'epocs',
      ]);
    });

    it('a misspelt option of the space is named', async () => {
      place.json('space.json', {
        ...soundConfig,
        space: { ...soundConfig.space, options: { filterHeigth: [1] } },
      });
      expectComplaint(await harmless('search space.json --study space.db'), ['filterHeigth']);
    });

    it('a module that is not there is named, with what is built in', async () => {
      place.json('module.json', { ...soundConfig, strategy: { use: 'policy-gradiant' } });
      expectComplaint(await harmless('search module.json --study module.db'), [
        'policy-gradiant',
        '"policy-gradient"',
      ]);
    });

    it.each([
      ['is not there', 'nowhere.json', null, ['nowhere.json', 'there is no file']],
      ['is not JSON', 'broken.json', '{ "space": ', ['broken.json', 'not JSON']],
      ['does not parse', 'broken.ts', 'export default {', ['broken.ts']],
      ['exports nothing', 'empty.ts', 'export const config = {};', ['empty.ts', 'defineConfig']],
      ['is of another kind', 'config.yaml', 'trials: 3', ['config.yaml', '.json']],
    ])('a config that %s is named', async (_, name, content, named) => {
      if (content !== null) place.write(name, content);
      expectComplaint(await harmless(`search ${name} --study none.db`), named);
    });

    it.each([
      ['search config.json --trials none', '--trials'],
      ['search config.json --trails 3', '--trials'],
      ['search', 'config'],
      ['frobnicate', 'frobnicate'],
      ['data fetch cifar1O', 'cifar10'],
    ])('bad usage `%s` exits with 2', async (words, named) => {
      const run = await harmless(words);
      expect(run.stderr).toContain(named);
      expect(run.code).toBe(2);
    });
  });

  describe('token strings', () => {
    it('of a space that is unknown here', async () => {
      const run = await harmless('show elsewhere@1/00000000/layers=1/width=1/end');
      expectComplaint(run, ['elsewhere']);
    });

    it('cut off in copying', async () => {
      const tokens = await someTokens();
      expectComplaint(await harmless(`show ${tokens.slice(0, -6)}`), ['cut off']);
    });

    it('of another version of the space', async () => {
      const tokens = await someTokens();
      const run = await harmless(`show ${tokens.replace('@1/', '@9/')}`);
      expectComplaint(run, ['convolutional', '9']);
    });

    it('of a space with other decisions: the fingerprint tells', async () => {
      const tokens = await someTokens();
      const run = await harmless(`show ${tokens.replace(/@1\/[0-9a-f]+/, '@1/00000000')}`);
      expectComplaint(run, ['convolutional', '00000000']);
    });

    it('with an answer that is no option', async () => {
      const tokens = await someTokens();
      const run = await harmless(`show ${tokens.replace(/filterHeight=\d+/, 'filterHeight=4')}`);
      expectComplaint(run, ['filterHeight', '4', '1, 3, 5, 7']);
    });
  });

  describe('study files', () => {
    const commands = ['trials --study FILE', 'show best --study FILE', 'search config.json --study FILE'];

    it.each(commands)('a text file is not one: `%s`', async (command) => {
      place.write('notes.txt', 'my notes on the last run, with more than sixteen bytes\n');
      expectComplaint(await harmless(command.replace('FILE', 'notes.txt')), [
        'notes.txt',
        'not a SQLite database',
      ]);
    });

    it.each(commands)('another application’s database is not one: `%s`', async (command) => {
      const other = new Sqlite(place.at('other.db'));
      other.exec('create table if not exists photographs (name text)');
      other.close();
      expectComplaint(await harmless(command.replace('FILE', 'other.db')), [
        'other.db',
        'another application',
      ]);
    });

    it.each(commands)('one from a newer version is left to it: `%s`', async (command) => {
      await soundStudy();
      copyFileSync(place.at('sound.db'), place.at('newer.db'));
      const newer = new Sqlite(place.at('newer.db'));
      newer.pragma('user_version = 99');
      newer.close();
      expectComplaint(await harmless(command.replace('FILE', 'newer.db')), [
        'newer.db',
        '99',
        'update nascent',
      ]);
    });

    it('one that is not there is not made by a command that only reads', async () => {
      expectComplaint(await harmless('trials --study nowhere.db'), ['nowhere.db', 'nascent search']);
    });

    it('a trial that is not there is named', async () => {
      await soundStudy();
      expectComplaint(await harmless('show 999 --study sound.db'), ['999']);
    });

    it('a study begun with another config is not mixed with it', async () => {
      await soundStudy();
      place.json('changed.json', { ...soundConfig, seed: 2 });
      const before = await place.nascent('trials --study sound.db --json');
      expectComplaint(await place.nascent('search changed.json --study sound.db'), ['seed', '--study']);
      expect((await place.nascent('trials --study sound.db --json')).stdout).toBe(before.stdout);
    });
  });

  describe('places that cannot be written', () => {
    // Also for root, who may write anywhere else: below a file, and in /proc.
    it.each(['evaluator.mjs/study.db', 'missing/study.db', '/proc/nascent/study.db'])(
      'a study in %s is refused before anything is trained',
      async (study) => {
        expectComplaint(await harmless(`search config.json --study ${study}`), [
          study.split('/').at(-1) ?? '',
          '--study',
        ]);
      },
    );

    it('data cannot be fetched below a file', async () => {
      expectComplaint(await harmless('data fetch mnist --dir evaluator.mjs/data'), [
        'evaluator.mjs/data',
        'NASCENT_DATA',
      ]);
    });
  });

  describe('libtorch missing', () => {
    const env = { NASCENT_TORCH_ADDON: '/nowhere/nascent_torch.node' };
    const mend = ['/nowhere/nascent_torch.node', 'npm run setup'];

    it('`search` says how to mend it, and begins no study', async () => {
      place.trainingConfig(
        'engine.json',
        place.cifar10('whole', '', (bytes) => bytes),
      );
      expectComplaint(await place.nascent('search engine.json --study engine.db', env), mend);
      expect((await place.nascent('trials --study engine.db')).code).toBe(1);
    });

    it('with a strategy that needs it, too', async () => {
      place.json('policy.json', { ...soundConfig, strategy: { use: 'policy-gradient' } });
      expectComplaint(await place.nascent('search policy.json --study policy.db', env), mend);
    });

    it('`doctor` says how to mend it', async () => {
      const run = await place.nascent('doctor', env);
      expect(run.stdout).toContain('✗ engine');
      for (const words of mend) expect(run.stdout).toContain(words);
      expect(run.code).toBe(1);
    });

    it('commands that only read do not need it', async () => {
      await soundStudy();
      const run = await place.nascent('trials --study sound.db --json', env);
      expect(run.code).toBe(0);
      expect(JSON.parse(run.stdout)).toHaveLength(3);
    });
  });

  describe('an evaluator of the user’s own', () => {
    it('that is not one: the message says what is expected', async () => {
      place.write('wrong.mjs', 'export default () => ({ train() {} });');
      place.json('wrong.json', { ...soundConfig, evaluator: { use: './wrong.mjs' } });
      expectComplaint(await place.nascent('search wrong.json --study wrong.db'), ['wrong.mjs', 'evaluate(']);
    });

    it('that crashes in native code loses the trial that it was doing, and no other', async () => {
      const crashOnce = `
        import { appendFileSync, readFileSync } from 'node:fs';
        import createSound from './evaluator.mjs';
        export default function createEvaluator() {
          const sound = createSound();
          return {
            ...sound,
            async evaluate(architecture, context) {
              appendFileSync(${JSON.stringify(place.at('calls'))}, 'x');
              if (readFileSync(${JSON.stringify(place.at('calls'))}).length !== 2) return sound.evaluate(architecture, context);
              process.kill(process.pid, 'SIGSEGV');
              await new Promise((resolve) => setTimeout(resolve, 60_000));
            },
          };
        }`;
      place.write('crashing.mjs', crashOnce);
      const limits = { attempts: 1 };
      place.json('crashing.json', { ...soundConfig, evaluator: { use: './crashing.mjs' }, limits });
      expect((await place.nascent('search crashing.json --study crashing.db')).code).toBe(0);
      const trials = JSON.parse((await place.nascent('trials --study crashing.db --json')).stdout);
      const states = trials.map(({ state, outcome }: TrialJson) =>
        state === 'failed' ? outcome : { kind: state },
      );
      expect(states).toMatchObject([
        { kind: 'completed' },
        { kind: 'crashed', detail: expect.stringContaining('SIGSEGV') },
        { kind: 'completed' },
      ]);
    });
  });
});

interface TrialJson {
  readonly state: string;
  readonly outcome: unknown;
}

let study: Promise<void> | null = null;
/** A sound study of three trials in sound.db, made once. */
function soundStudy(): Promise<void> {
  study ??= place.nascent('search config.json --study sound.db').then((run) => {
    if (run.code !== 0) throw new Error(`the sound search failed: ${run.stderr}`);
  });
  return study;
}

async function someTokens(): Promise<string> {
  await soundStudy();
  const [first] = JSON.parse((await place.nascent('trials --study sound.db --json')).stdout);
  return first.tokens;
}
