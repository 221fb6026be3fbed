import type { NewStudy } from '../../src/store/store.ts';

/** For tests: what is fixed when a study begins. */
export const newStudy: NewStudy = {
  name: 'first',
  config: { trials: 8, space: { use: 'convolutional' } },
  seed: 7,
  space: { name: 'convolutional', version: 1, fingerprint: '8f3a2c1d', options: { filterHeight: [3, 5] } },
  evaluatorIdentity: 'a'.repeat(64),
  strategy: 'policy-gradient',
  codeVersion: '0.1.0',
  datasetChecksum: null,
};
