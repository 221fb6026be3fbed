import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../test/fixtures/cli.ts';
import { knownArchitectures } from '../search-space/index.ts';
import { registerShowCommand } from './show.ts';
import { TRIAL_HELP } from './trial-argument.ts';

// Where no study is: what is found here needs none.
const show = (...words: string[]) =>
  runCommand(registerShowCommand, ['show', ...words, '--json'], { cwd: tmpdir() });

describe('the TRIAL argument', () => {
  it.each([...knownArchitectures.keys()])('%s names what is known, without a study', async (name) => {
    const { code, out } = await show(name);
    expect(code).toBe(0);
    const { tokens, architecture } = JSON.parse(out) as { tokens: string; architecture: { kind: string } };
    expect(tokens).toBe(knownArchitectures.get(name)?.tokens);
    expect(architecture.kind).toMatch(/^(convolutional|recurrent-cell|native-cell)$/);
  });

  it('takes a token string as it is', async () => {
    const tokens = knownArchitectures.get('vgg-like')?.tokens ?? '';
    expect(JSON.parse((await show(tokens)).out)).toMatchObject({ tokens });
  });

  it('that is none of them is refused before a study is looked for', async () => {
    const { code, failure } = await show('nasscell');
    expect(code).toBe(2);
    expect(failure).toMatchObject({ code: 'NOT_A_TRIAL' });
    expect(String(failure)).toMatch(/"nasscell" is no trial\. Give a trial number, "best", .*nascell/);
  });

  it('lists the known networks and cells in the help', () => {
    expect(TRIAL_HELP).toContain(
      'known network or cell (vgg-like, resnet-like, nascell, lstm-like, worked-example, lstm, gru)',
    );
  });
});
