import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../test/fixtures/cli.ts';
import { knownNetworks } from '../search-space/index.ts';
import { registerShowCommand } from './show.ts';
import { TRIAL_HELP } from './trial-argument.ts';

// Where no study is: what is found here needs none.
const show = (...words: string[]) =>
  runCommand(registerShowCommand, ['show', ...words, '--json'], { cwd: tmpdir() });

describe('the TRIAL argument', () => {
  it.each([...knownNetworks.keys()])('%s names a known network, without a study', async (name) => {
    const { code, out } = await show(name);
    expect(code).toBe(0);
    const { tokens, architecture } = JSON.parse(out) as { tokens: string; architecture: { kind: string } };
    expect(tokens).toBe(knownNetworks.get(name)?.tokens);
    expect(architecture.kind).toBe('convolutional');
  });

  it('takes a token string as it is', async () => {
    const tokens = knownNetworks.get('vgg-like')?.tokens ?? '';
    expect(JSON.parse((await show(tokens)).out)).toMatchObject({ tokens });
  });

  it('lists the known networks in the help', () => {
    expect(TRIAL_HELP).toContain('known network (vgg-like, resnet-like)');
  });
});
