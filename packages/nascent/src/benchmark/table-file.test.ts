import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTableFile } from './table-file.ts';

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'nascent-table-file-'));
});
afterAll(() => rmSync(place, { recursive: true }));

const TEXT = 'name,value\na,1\n';
const LINES = ['name,value', 'a,1'];
/** `printf 'name,value\na,1\n' | sha256sum` */
const SHA256 = '09c516e8448baa8bb6584b41f3527e4d3bda42381270f5ad0995b85ac655ec88';

function write(path: string, content: string | Uint8Array): string {
  mkdirSync(join(place, path, '..'), { recursive: true });
  writeFileSync(join(place, path), content);
  return path;
}
const read = (path: string | undefined, data = place) =>
  readTableFile({
    folder: 'mytable',
    file: 'rows.csv',
    path,
    configDirectory: place,
    surroundings: { cwd: join(place, 'elsewhere'), env: { NASCENT_DATA: data } },
  });

describe('finding a table', () => {
  it('by a path that starts at the config: a file of any name, or a directory', async () => {
    write('given/renamed.txt', TEXT);
    write('directory/rows.csv', TEXT);
    expect(await read('given/renamed.txt')).toMatchObject({
      path: join(place, 'given/renamed.txt'),
      lines: LINES,
    });
    expect(await read('./directory')).toMatchObject({
      path: join(place, 'directory/rows.csv'),
      lines: LINES,
    });
  });

  it('in the directory of its name on the search path, plain or gzipped', async () => {
    write('data/mytable/rows.csv.gz', gzipSync(TEXT));
    const found = await read(undefined, join(place, 'data'));
    expect(found).toMatchObject({ path: join(place, 'data/mytable/rows.csv.gz'), lines: LINES });
  });

  it('a path that is given is the only place', async () => {
    write('data/mytable/rows.csv.gz', gzipSync(TEXT));
    await expect(read('gone', join(place, 'data'))).rejects.toMatchObject({ code: 'BENCHMARK_NOT_FOUND' });
    await expect(read('gone')).rejects.toThrow(`${join(place, 'gone')}, which is neither`);
  });

  it('a missing one: says where it looked and how to get it', async () => {
    await expect(read(undefined, join(place, 'nowhere'))).rejects.toMatchObject({
      code: 'BENCHMARK_NOT_FOUND',
    });
    const message =
      /no table rows\.csv .*nowhere\/mytable, .*elsewhere\/data\/mytable.*option `table`.*NASCENT_DATA.*docs\/guide\/benchmarks\.md/s;
    await expect(read(undefined, join(place, 'nowhere'))).rejects.toThrow(message);
  });
});

describe('reading a table', () => {
  it('content tells whether it is gzipped, not the name; the checksum is that of the unpacked file', async () => {
    const plain = await read(write('a/rows.csv.gz', TEXT));
    const packed = await read(write('b/rows.csv', gzipSync(TEXT)));
    expect(plain.lines).toEqual(LINES);
    expect(packed.lines).toEqual(LINES);
    expect(plain.checksum).toBe(SHA256);
    expect(packed.checksum).toBe(SHA256);
  });

  it('line ends of Windows are read too', async () => {
    expect((await read(write('crlf.csv', TEXT.replaceAll('\n', '\r\n')))).lines).toEqual(LINES);
  });

  it.each([
    [
      'a gzip file that is cut off',
      gzipSync(TEXT).subarray(0, -9),
      'BENCHMARK_TRUNCATED',
      /no whole gzip file/,
    ],
    [
      'a text that ends in a line',
      'name,value\na,1',
      'BENCHMARK_TRUNCATED',
      /in the middle of line 2 \(3 char/,
    ],
    ['an empty file', '', 'BENCHMARK_TRUNCATED', /is empty/],
    [
      'bytes that are no text',
      new Uint8Array([0x80, 0x02, 0x63, 0xff, 0x0a]),
      'BENCHMARK_FORMAT',
      /no UTF-8 text/,
    ],
  ] as const)('%s is refused, with its name', async (what, content, code, reason) => {
    const path = write(`${what.replaceAll(' ', '-')}/rows.csv`, content);
    await expect(read(path)).rejects.toMatchObject({ code });
    await expect(read(path)).rejects.toThrow(reason);
    await expect(read(path)).rejects.toThrow(join(place, path));
  });
});
