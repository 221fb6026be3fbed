import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkpointFolder } from './checkpoint-folder.ts';

it('is named after the study', () => {
  expect(checkpointFolder('/shared', 'first-2')).toBe('/shared/first-2');
});

it('lies directly in the shared folder, whatever the study is called (property)', () => {
  const parts = fc.constantFrom('.', '..', '/', '\\', 'home', '%2F', '\0', ' ', 'ä');
  const name = fc.oneof(
    fc.array(parts, { minLength: 1 }).map((all) => all.join('')),
    fc.string({ minLength: 1 }),
  );
  fc.assert(
    fc.property(name, (study) => {
      const folder = checkpointFolder('/shared', study);
      expect(dirname(folder)).toBe('/shared');
      expect(folder).not.toContain('\0');
    }),
  );
});

it('of two studies is two', () => {
  const names = ['..', '%2E%2E', '.', '%2E', 'a/b', 'a%2Fb'];
  expect(new Set(names.map((name) => checkpointFolder('/shared', name))).size).toBe(names.length);
});
