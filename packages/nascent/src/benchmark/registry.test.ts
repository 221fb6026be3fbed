import { describe, expect, it } from 'vitest';
import { builtInSpaceNames } from '../search-space/index.ts';
import { tableEvaluators } from './registry.ts';

describe('the evaluators of tables', () => {
  it.each([...tableEvaluators])(
    '%s makes evaluators, says that it is inline, and has a space of its name',
    async (name, load) => {
      const module = await load();
      expect(typeof module['default']).toBe('function');
      expect(module['inline']).toBe(true);
      expect(builtInSpaceNames).toContain(name);
    },
  );
});
