import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DType,
  Generator,
  loadSafetensors,
  randn,
  readSafetensors,
  saveSafetensors,
  type Tensor,
  TorchError,
  tensor,
  writeSafetensors,
  zeros,
} from '@nascent/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonWithTorch } from './pytorch/python.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nascent-safetensors-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dtypes: DType[] = ['float32', 'float64', 'bfloat16', 'int64', 'int32', 'uint8', 'bool'];

/** One tensor of each dtype, and the shapes that are easily got wrong. */
function samples(): Map<string, Tensor> {
  const values = randn([3, 5], { generator: new Generator(1) })
    .mul(3)
    .abs();
  return new Map<string, Tensor>([
    ...dtypes.map((dtype) => [`a ${dtype}`, values.to(dtype)] as const),
    ['scalar', tensor([7], { shape: [], dtype: 'int64' })],
    ['empty', zeros([0, 4])],
    ['transposed', values.t()],
    ['big', tensor(BigInt64Array.of(2n ** 62n + 1n))],
    ['special', tensor([Number.NaN, Number.NEGATIVE_INFINITY, -0], { dtype: 'bfloat16' })],
    ['__proto__', zeros([1])],
  ]);
}

const plain = (value: Tensor) => ({
  dtype: value.dtype,
  shape: [...value.shape],
  values: Array.from<unknown>(value.dtype === 'bfloat16' ? value.toFloat32() : value.toArray()),
});

function expectSame(found: ReadonlyMap<string, Tensor>, expected: ReadonlyMap<string, Tensor>): void {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, value] of expected) expect(plain(found.get(name) as Tensor), name).toEqual(plain(value));
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof TorchError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('safetensors', () => {
  it('bytes › every dtype comes back exactly', () => {
    const written = samples();
    const { tensors, metadata } = readSafetensors(writeSafetensors(written, { note: 'ünïcode' }));
    expectSame(tensors, written);
    expect(metadata).toEqual({ note: 'ünïcode' });
  });

  it('bytes › may start anywhere in a buffer', () => {
    const bytes = writeSafetensors(samples());
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expectSame(readSafetensors(shifted.subarray(1)).tensors, samples());
  });

  it('bytes › do not depend on the order of the map', () => {
    const forwards = writeSafetensors(samples());
    const backwards = writeSafetensors(new Map([...samples()].reverse()));
    expect(Buffer.compare(forwards, backwards)).toBe(0);
  });

  it('file › every dtype comes back exactly, and nothing else stays in the folder', () => {
    const path = join(folder, 'round.safetensors');
    saveSafetensors(path, new Map([['old', zeros([1])]]));
    saveSafetensors(path, samples(), { epoch: '3' });
    const { tensors, metadata } = loadSafetensors(path);
    expectSame(tensors, samples());
    expect(metadata).toEqual({ epoch: '3' });
    expect(readdirSync(folder)).toEqual(['round.safetensors']);
    expect(new Uint8Array(readFileSync(path))).toEqual(writeSafetensors(samples(), { epoch: '3' }));
    rmSync(path);
  });

  it('file › what another machine’s process of the same number is writing beside it stays', () => {
    const path = join(folder, 'shared.safetensors');
    const others = join(folder, `.shared.safetensors.${process.pid}.tmp`);
    writeFileSync(others, 'half of a file');
    saveSafetensors(path, samples());
    expectSame(loadSafetensors(path).tensors, samples());
    expect(readFileSync(others, 'utf8')).toBe('half of a file');
    rmSync(others);
    rmSync(path);
  });

  it('file › cut off anywhere, it is refused and says so', () => {
    const path = join(folder, 'cut.safetensors');
    const bytes = writeSafetensors(samples());
    for (const length of [0, 7, 8, 40, bytes.length - 1]) {
      writeFileSync(path, bytes);
      truncateSync(path, length);
      expect(refusal(() => loadSafetensors(path))).toMatch(
        /^FILE_FORMAT: .*cut\.safetensors: .*(too few|truncated)/,
      );
      expect(refusal(() => readSafetensors(bytes.subarray(0, length)))).toMatch(/^FILE_FORMAT/);
    }
    rmSync(path);
  });

  it('file › another format is refused', () => {
    const path = join(folder, 'picture.png');
    writeFileSync(path, '\x89PNG\r\n\x1a\n and more of it', 'latin1');
    expect(refusal(() => loadSafetensors(path))).toMatch(/not a safetensors file/);
    rmSync(path);
  });

  it('file › one that is missing, and a place that cannot be written, are clear errors', () => {
    expect(refusal(() => loadSafetensors(join(folder, 'none')))).toMatch(
      /^FILE_ACCESS: .*none: cannot be read \(ENOENT/,
    );
    expect(refusal(() => saveSafetensors(join(folder, 'no/such/folder'), samples()))).toMatch(
      /^FILE_ACCESS: .*ENOENT/,
    );
  });

  it('file › a failed save leaves the old file and no temporary one', () => {
    const path = join(folder, 'kept.safetensors');
    saveSafetensors(path, new Map([['w', zeros([1])]]));
    const disposed = zeros([2]);
    disposed.dispose();
    expect(() => saveSafetensors(path, new Map([['w', disposed]]))).toThrow(TorchError);
    expect([...loadSafetensors(path).tensors.keys()]).toEqual(['w']);
    const taken = join(folder, 'taken');
    mkdirSync(join(taken, 'full'), { recursive: true });
    expect(refusal(() => saveSafetensors(taken, samples()))).toMatch(/^FILE_ACCESS/);
    expect(readdirSync(folder).sort()).toEqual(['kept.safetensors', 'taken']);
  });

  it('file › PyTorch finds the numbers where the header says they are', ({ skip }) => {
    const python = pythonWithTorch();
    if (python === null) return skip('no Python here imports torch');
    const path = join(folder, 'python.safetensors');
    saveSafetensors(path, samples());
    const script = `
import json, struct, sys, torch
kinds = dict(F64=torch.float64, F32=torch.float32, BF16=torch.bfloat16, I64=torch.int64, I32=torch.int32, U8=torch.uint8, BOOL=torch.bool)
raw = bytearray(open(sys.argv[1], 'rb').read())
size, = struct.unpack('<Q', raw[:8])
header = json.loads(raw[8:8 + size])
out = {}
for name, at in header.items():
    data = raw[8 + size + at['data_offsets'][0]:8 + size + at['data_offsets'][1]]
    value = torch.frombuffer(data, dtype=kinds[at['dtype']]) if data else torch.empty(0)
    out[name] = [str(number) for number in value.reshape(at['shape']).double().reshape(-1).tolist()]
print(json.dumps(out))
`;
    const run = spawnSync(python, ['-c', script, path], { encoding: 'utf8' });
    expect(run.status, run.stderr).toBe(0);
    const found = JSON.parse(run.stdout) as Record<string, string[]>;
    for (const [name, value] of samples()) {
      const expected = plain(value.contiguous()).values.map(Number);
      expect(
        found[name]?.map((number) => Number(number.replace('inf', 'Infinity').replace('nan', 'NaN'))),
      ).toEqual(expected);
    }
  }, 120_000);
});
