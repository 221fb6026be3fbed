import { describe, expect, it } from 'vitest';
import type { CliContext } from './context.ts';
import { createProgram, runCli } from './program.ts';

const quiet: CliContext = {
  out: () => {},
  err: () => {},
  interactive: false,
  color: false,
  cwd: '/',
  env: {},
};

describe('the command line', () => {
  it('loads only the command that is asked for, and all of them for whatever else is said', async () => {
    const names = async (...words: string[]) =>
      (await createProgram(quiet, words)).commands.map((command) => command.name());
    expect(await names('trials', '--top', '3')).toEqual(['trials']);
    const all = await names();
    expect(all).toContain('trials');
    expect(all.length).toBeGreaterThan(10);
    for (const words of [['--help'], ['help', 'trials'], ['trails'], ['constructor']]) {
      expect(await names(...words)).toEqual(all);
    }
  });

  it('names the command that was meant', async () => {
    const said: string[] = [];
    const exitCode = await runCli(['trails'], { ...quiet, err: (line) => said.push(line) });
    expect(exitCode).toBe(2);
    expect(said.join('\n')).toMatch(/unknown command 'trails'[\s\S]*Did you mean trials\?/);
  });
});
