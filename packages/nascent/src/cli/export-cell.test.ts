import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { saveFinishedLanguageModel, words } from '../../test/export/finished-language-model.ts';
import { perImage, saveFinished } from '../../test/export/finished-model.ts';
import { namedCells } from '../../test/export/named-cells.ts';
import { runCommand } from '../../test/fixtures/cli.ts';
import { fixtures } from '../../test/fixtures/paths.ts';
import { loadTestImages } from '../dataset/index.ts';
import { messageOf } from '../errors.ts';
import {
  decodeTokens,
  knownArchitectures,
  parseConvolutionalArchitecture,
  parseRecurrentArchitecture,
  type RecurrentArchitecture,
  spaceOfTokens,
} from '../search-space/index.ts';
import { registerExportCommand } from './export.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nascent-export-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const run = async (...args: string[]) => {
  const { code, out, failure } = await runCommand(registerExportCommand, ['export', ...args], { cwd });
  return { code, out, message: failure === null ? null : messageOf(failure) };
};

const exported = (...path: string[]) => join(cwd, 'exported', ...path);

/** As `nascent retrain` leaves it. */
function retrain(name: string): string {
  const directory = join(cwd, 'retrained', name);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'model.safetensors');
  const architecture = namedCells.get(name) as RecurrentArchitecture;
  saveFinishedLanguageModel(path, { architecture, layers: 2, tied: false }, 1);
  return path;
}

describe('nascent export of a recurrent cell that was retrained', () => {
  it.each(['nascell', 'lstm'])('%s: writes every format, the weights unchanged', async (name) => {
    const model = retrain(name);
    const { code, out } = await run(name);
    expect(code).toBe(0);
    const files = [
      'architecture.json',
      'cell.onnx',
      'language-model.onnx',
      'model.py',
      'model.safetensors',
      'vocabulary.json',
    ];
    expect(readdirSync(exported(name)).sort()).toEqual(files);
    for (const file of files) expect(out).toContain(file);
    expect(out).not.toContain('nothing here is trained');
    expect(readFileSync(exported(name, 'model.safetensors')).equals(readFileSync(model))).toBe(true);
    expect(JSON.parse(readFileSync(exported(name, 'vocabulary.json'), 'utf8'))).toEqual(words);
  });

  it('its architecture.json counts the parameters of the model', async () => {
    retrain('gru');
    await run('gru', '--format', 'json,pytorch');
    const { languageModel } = JSON.parse(readFileSync(exported('gru', 'architecture.json'), 'utf8'));
    expect(languageModel).toMatchObject({ vocabulary: 11, hidden: 5, layers: 2, tied: false });
    expect(languageModel.parameters.eachLayer).toBe(3 * 5 * 12);
  });

  it('finds the weights of a token string by --model', async () => {
    retrain('nascell');
    const tokens = knownArchitectures.get('nascell')?.tokens ?? '';
    const { code, out } = await run(
      tokens,
      '--model',
      'retrained/nascell/model.safetensors',
      '--out',
      'here',
      '--format',
      'pytorch',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      network: 'the cell of the token string',
      tokens,
      model: join(cwd, 'retrained/nascell/model.safetensors'),
      out: join(cwd, 'here'),
      files: ['model.py', 'vocabulary.json', 'model.safetensors'].map((file) => join(cwd, 'here', file)),
    });
  });
});

describe('nascent export of a recurrent cell that nobody has trained', () => {
  it('gives its code, and says that nothing is trained and what would train it', async () => {
    const { code, out } = await run('nascell', '--format', 'pytorch,json');
    expect(code).toBe(0);
    expect(readdirSync(exported('nascell')).sort()).toEqual(['architecture.json', 'cell.py']);
    expect(readFileSync(exported('nascell', 'cell.py'), 'utf8')).toContain('class Layer(Cell):');
    expect(out).toMatch(
      /no retrained\/nascell\/model\.safetensors: nothing here is trained.*npx nascent retrain nascell$/s,
    );
  });

  it('says so in JSON by a model that is null', async () => {
    const { out } = await run('gru', '--format', 'pytorch', '--json');
    expect(JSON.parse(out)).toMatchObject({ model: null, files: [exported('gru', 'cell.py')] });
  });

  it('gives its equations alone', async () => {
    const { code, out } = await run('worked-example', '--format', 'json');
    expect(code).toBe(0);
    expect(out).not.toContain('nothing here is trained');
    const document = JSON.parse(readFileSync(exported('worked-example', 'architecture.json'), 'utf8'));
    expect(parseRecurrentArchitecture(document.architecture)).toEqual(namedCells.get('worked-example'));
    expect(document.cell.equations).toHaveLength(4);
    expect(document.languageModel).toBeNull();
  });
});

describe('nascent export refuses, and writes nothing', () => {
  afterEach(() => expect(existsSync(exported())).toBe(false));

  it('formats that need weights where there are none, naming those that need none', async () => {
    const { code, message } = await run('nascell');
    expect(code).toBe(1);
    expect(message).toMatch(
      /which onnx, safetensors need: there is no retrained\/nascell\/model\.safetensors.*--format pytorch,json/s,
    );
    expect((await run('nascell', '--format', 'onnx,pytorch')).message).toMatch(/which onnx needs/);
  });

  it('a model that was named and is not there: no code in its place', async () => {
    const { message } = await run('nascell', '--format', 'pytorch', '--model', 'nowhere.safetensors');
    expect(message).toMatch(/nowhere\.safetensors cannot be read/);
  });

  it('the weights of another cell, naming what they are of', async () => {
    retrain('worked-example');
    const { code, message } = await run('nascell', '--model', 'retrained/worked-example/model.safetensors');
    expect(code).toBe(1);
    expect(message).toMatch(/belong to another cell than nascell\. .*export that cell/);
  });

  it('a model that is cut off', async () => {
    const path = retrain('nascell');
    const whole = readFileSync(path);
    for (const length of [0, 100, whole.length - 4]) {
      writeFileSync(path, whole.subarray(0, length));
      expect((await run('nascell')).message).toMatch(/is damaged .*restore it from a copy/);
    }
  });

  it('the model of a network in the place of a cell, and the other way round', async () => {
    const tokens = knownArchitectures.get('vgg-like')?.tokens ?? '';
    const space = spaceOfTokens(tokens);
    const architecture = parseConvolutionalArchitecture(space.decode(decodeTokens(tokens, space)));
    const images = await loadTestImages('cifar10', { path: fixtures.cifar10 });
    const network = join(cwd, 'network.safetensors');
    saveFinished(network, { architecture, images, preprocessing: perImage }, 1);
    const cell = retrain('nascell');
    expect((await run('nascell', '--model', network)).message).toMatch(
      /network\.safetensors holds a finished network for images, and a finished language model was expected/,
    );
    expect((await run('vgg-like', '--model', cell)).message).toMatch(
      /holds a finished language model, and a finished network for images was expected/,
    );
  });
});
