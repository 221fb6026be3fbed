import { describe, expect, it } from 'vitest';
import { convolutional, SpaceDefinitionError, SpaceOptionsError, spaceOfModule } from './index.ts';

describe("a space from a user's module", () => {
  const space = convolutional();

  it('is its default export, or what that function makes of the options', () => {
    expect(spaceOfModule(space, undefined, './s.ts')).toBe(space);
    expect(spaceOfModule(space, {}, './s.ts')).toBe(space);
    const made = spaceOfModule(convolutional, { filterCount: [8] }, './s.ts');
    expect(made.identity.options).toEqual({ filterCount: [8] });
    expect(spaceOfModule(convolutional, undefined, './s.ts').identity).toEqual(space.identity);
  });

  it('takes no options unless it is a function', () => {
    expect(() => spaceOfModule(space, { filterCount: [8] }, './s.ts')).toThrow(SpaceOptionsError);
  });

  it.each([undefined, null, 7, {}, () => undefined, async () => space])(
    'is refused when it is %s',
    (exported) => {
      expect(() => spaceOfModule(exported, {}, './s.ts')).toThrow(SpaceDefinitionError);
      expect(() => spaceOfModule(exported, {}, './s.ts')).toThrow(
        /^\.\/s\.ts gives .* where a search space was expected/,
      );
    },
  );
});
