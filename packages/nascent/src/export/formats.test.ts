import { describe, expect, it } from 'vitest';
import { EXPORT_FORMATS, parseFormats } from './formats.ts';

describe('the formats of an export', () => {
  it.each([
    ['onnx', ['onnx']],
    ['json, pytorch', ['pytorch', 'json']],
    ['ONNX,onnx,', ['onnx']],
    [EXPORT_FORMATS.join(','), EXPORT_FORMATS],
  ])('%s', (list, formats) => {
    expect(parseFormats(list)).toEqual(formats);
  });

  it.each([
    ['onxx', /no format "onxx"\. Did you mean "onnx"\? The formats are onnx, pytorch, safetensors, json/],
    ['json,keras', /no format "keras"\. The formats are/],
    [' , ', /no format is named/],
  ])('refuses %j', (list, message) => {
    expect(() => parseFormats(list)).toThrow(message);
  });
});
