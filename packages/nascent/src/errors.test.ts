import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { messageOf, NascentError } from './errors.ts';

describe('the message of an error', () => {
  it('goes on with its cause', () => {
    const cause = new Error('ENOSPC', { cause: 'disk full' });
    expect(messageOf(new NascentError('X', 'not written', { cause }))).toBe('not written: ENOSPC: disk full');
    expect(messageOf('a word')).toBe('a word');
  });

  it('does not say twice what it tells already', () => {
    const cause = new Error('ENOSPC');
    expect(messageOf(new NascentError('X', 'not written (ENOSPC)', { cause }))).toBe('not written (ENOSPC)');
  });

  it('leaves out a validation, which is JSON', () => {
    const { error } = z.object({ epochs: z.int() }).safeParse({ epochs: 'many' });
    const wrong = new NascentError('X', `wrong options:\n${z.prettifyError(error as z.ZodError)}`, {
      cause: error,
    });
    expect(messageOf(wrong)).toContain('epochs');
    expect(messageOf(wrong)).not.toContain('{');
  });
});
