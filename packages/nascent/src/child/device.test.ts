import { devices, Linear, liveTensors } from '@nascent/torch';
import { describe, expect, it } from 'vitest';
import { placeOn, trainingDevice } from './device.ts';

describe('the device that children train on', () => {
  it.each([[undefined], ['cpu']])('%s › the CPU', (wanted) => {
    expect(trainingDevice(wanted)).toBe('cpu');
  });

  it('cuda is the first of its devices', () => {
    if (devices().includes('cuda:0')) expect(trainingDevice('cuda')).toBe('cuda:0');
    else
      expect(() => trainingDevice('cuda')).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(/the device "cuda": libtorch \d.* reaches cpu.* LIBTORCH/),
        }),
      );
  });

  it.each([['cuda:99'], ['gpu'], ['']])(
    '"%s", which is not there › an error that names what is',
    (wanted) => {
      expect(() => trainingDevice(wanted)).toThrow(/reaches cpu/);
    },
  );
});

it('of a network that cannot be moved to its device nothing stays', () => {
  const before = liveTensors();
  expect(() => placeOn(new Linear(2, 3), 'cuda:99')).toThrow();
  expect(liveTensors()).toBe(before);
});
