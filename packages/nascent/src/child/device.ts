import { type Device, devices, engineInfo, type Module } from '@nascent/torch';
import { NascentError } from '../errors.ts';

/**
 * The device that children train on, by the name that libtorch has for it.
 * @param wanted `cpu`, `cuda` (the first), `cuda:1`, `mps`, …; absent: `cpu`, for which the engine need not be loaded
 * @throws NascentError `CONFIG_INVALID` where this libtorch does not reach it
 */
export function trainingDevice(wanted: string | undefined): Device {
  if (wanted === undefined || wanted === 'cpu') return 'cpu';
  const there = devices();
  const named = wanted === 'cuda' ? 'cuda:0' : wanted;
  if (there.includes(named)) return named;
  throw new NascentError(
    'CONFIG_INVALID',
    `children cannot train on the device "${wanted}": libtorch ${engineInfo().libtorch} reaches ${there.join(', ')} ` +
      'here. Name one of these; for a GPU, install its driver, point LIBTORCH at a libtorch made for it and run ' +
      '`npm run setup`.',
  );
}

/** Moves a network that was made on the CPU. @throws TorchError where it does not fit; nothing of it stays then */
export function placeOn(network: Module, device: Device): void {
  if (device === 'cpu') return;
  try {
    network.to(device);
  } catch (thrown) {
    network.dispose();
    throw thrown;
  }
}
