import { expect, it } from 'vitest';
import { deviceNames } from './device-option.ts';

it('--device takes one or several, as libtorch names them', () => {
  expect(['cpu', 'cuda', 'cuda:12', 'mps', 'cuda:0, cuda:1'].map(deviceNames)).toEqual([
    'cpu',
    'cuda',
    'cuda:12',
    'mps',
    'cuda:0,cuda:1',
  ]);
});

it.each([
  ['cuda:0,', /a name is missing/],
  ['', /a name is missing/],
  ['cuda:x', /"cuda:x" names no device/],
  ['GPU 1', /"GPU 1" names no device: expected cpu, cuda or cuda:1/],
])('--device %j says what is expected', (text, words) => {
  expect(() => deviceNames(text)).toThrow(words);
});
