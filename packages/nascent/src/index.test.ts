import { isTorchLoaded } from '@nascent/torch';
import { expect, it } from 'vitest';

it('importing the library loads no engine', async () => {
  await import('./index.ts');
  expect(isTorchLoaded()).toBe(false);
});
