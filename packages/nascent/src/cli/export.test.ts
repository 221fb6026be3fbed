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
import { perImage, saveFinished } from '../../test/export/finished-model.ts';
import { runCommand } from '../../test/fixtures/cli.ts';
import { fixtures } from '../../test/fixtures/paths.ts';
import { loadModel } from '../child/model-file.ts';
import { loadTestImages } from '../dataset/index.ts';
import { messageOf } from '../errors.ts';
import { randomStream } from '../random.ts';
import {
  decodeTokens,
  encodeSample,
  knownNetworks,
  nasBench201,
  parseConvolutionalArchitecture,
  sampleUniformly,
  spaceOfTokens,
} from '../search-space/index.ts';
import { registerExportCommand } from './export.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nascent-export-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const run = async (...words: string[]) => {
  const { code, out, failure } = await runCommand(registerExportCommand, ['export', ...words], { cwd });
  return { code, out, message: failure === null ? null : messageOf(failure) };
};

const images = await loadTestImages('cifar10', { path: fixtures.cifar10 });
const tokens = knownNetworks.get('vgg-like')?.tokens ?? '';
const space = spaceOfTokens(tokens);
const architecture = parseConvolutionalArchitecture(space.decode(decodeTokens(tokens, space)));

/** As `nascent retrain vgg-like` leaves it. */
function retrain(): string {
  const directory = join(cwd, 'retrained', 'vgg-like');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'model.safetensors');
  saveFinished(path, { architecture, images, preprocessing: perImage }, 1);
  return path;
}

describe('nascent export', () => {
  it('writes every format of a retrained network, the weights unchanged', async () => {
    const model = retrain();
    const { code, out } = await run('vgg-like');
    expect(code).toBe(0);
    const files = ['architecture.json', 'model.onnx', 'model.py', 'model.safetensors'];
    expect(readdirSync(join(cwd, 'exported', 'vgg-like')).sort()).toEqual(files);
    for (const file of files) expect(out).toContain(file);
    const copy = join(cwd, 'exported', 'vgg-like', 'model.safetensors');
    expect(readFileSync(copy).equals(readFileSync(model))).toBe(true);
  });

  it('finds the weights of a token string by --model, and can write beside them', async () => {
    retrain();
    const { code, out } = await run(
      tokens,
      '--model',
      'retrained/vgg-like/model.safetensors',
      '--out',
      'retrained/vgg-like',
      '--format',
      'pytorch',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      network: 'the network of the token string',
      tokens,
      model: join(cwd, 'retrained/vgg-like/model.safetensors'),
      out: join(cwd, 'retrained/vgg-like'),
      files: ['model.py', 'model.safetensors'].map((file) => join(cwd, 'retrained/vgg-like', file)),
    });
    expect(loadModel(join(cwd, 'retrained/vgg-like/model.safetensors')).facts.architecture).toEqual(
      architecture,
    );
  });

  it('needs no weights for the architecture alone', async () => {
    const { code } = await run('vgg-like', '--format', 'json', '--out', 'deep/er');
    expect(code).toBe(0);
    const document = JSON.parse(readFileSync(join(cwd, 'deep/er/architecture.json'), 'utf8'));
    expect(parseConvolutionalArchitecture(document.architecture)).toEqual(architecture);
    expect(document.tokens).toBe(tokens);
    expect(document.network.layers.at(-1).output).toEqual([10]);
  });
});

describe('nascent export refuses, and writes nothing', () => {
  afterEach(() => expect(existsSync(join(cwd, 'exported'))).toBe(false));

  it('a format that there is not', async () => {
    const { code, message } = await run('vgg-like', '--format', 'onxx');
    expect([code, message]).toEqual([2, expect.stringMatching(/Did you mean "onnx"\?/)]);
  });

  it('a network without weights, naming the command that makes them', async () => {
    const { code, message } = await run('vgg-like');
    expect(code).toBe(1);
    expect(message).toMatch(/no retrained\/vgg-like\/model\.safetensors.*npx nascent retrain vgg-like\n/s);
  });

  it('the weights of another network, naming it', async () => {
    retrain();
    const { code, message } = await run('resnet-like', '--model', 'retrained/vgg-like/model.safetensors');
    expect(code).toBe(1);
    expect(message).toMatch(/belong to another network than resnet-like/);
  });

  it('a broken model, and one that is not there', async () => {
    const path = retrain();
    writeFileSync(path, readFileSync(path).subarray(0, 5000));
    expect((await run('vgg-like')).message).toMatch(/is damaged .*restore it from a copy.*: .*truncated/);
    const { message } = await run('vgg-like', '--model', 'nowhere.safetensors');
    expect(message).toMatch(/nowhere\.safetensors cannot be read.*: ENOENT/);
  });

  it('a directory that is a file, and one that cannot be made', async () => {
    writeFileSync(join(cwd, 'file'), '');
    for (const out of ['file', 'file/below', ...(existsSync('/proc/self') ? ['/proc/nothing/here'] : [])]) {
      const { code, message } = await run('vgg-like', '--format', 'json', '--out', out);
      expect(code).toBe(1);
      expect(message).toMatch(/the export cannot be written to .*Name a directory \(--out\)/);
    }
  });

  it('to export weights of a network that is not trained here', async () => {
    const table = nasBench201();
    const other = encodeSample(sampleUniformly(table, {}, randomStream(1)), table);
    const { code, message } = await run(other, '--format', 'onnx');
    expect(code).toBe(1);
    expect(message).toMatch(
      /only convolutional networks and recurrent cells are trained here.*--format json/,
    );
  });
});
