import { describe, expect, it } from 'vitest';
import { isOlder } from './join-study.ts';

describe('versions', () => {
  it('are compared number by number', () => {
    expect(isOlder('0.9.0', '0.10.0')).toBe(true);
    expect(isOlder('0.10.0', '0.9.9')).toBe(false);
    expect(isOlder('1.0.0', '1.0.0')).toBe(false);
    expect(isOlder('1.0.0', '1.0.1')).toBe(true);
    expect(isOlder('1.0.0-beta.2', '1.0.0')).toBe(false);
  });
});
