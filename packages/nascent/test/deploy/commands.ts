import type { Command } from 'commander';
import type { CliContext } from '../../src/cli/context.ts';
import { createProgram } from '../../src/cli/program.ts';

/**
 * Reads a command line as `nascent` itself does, and runs nothing.
 * @returns what is wrong with it; null: nothing
 */
export async function commandFault(words: readonly string[]): Promise<string | null> {
  const said: string[] = [];
  const context: CliContext = {
    out: () => {},
    err: (line) => said.push(line),
    interactive: false,
    color: false,
    cwd: '/',
    env: {},
  };
  const program = await createProgram(context);
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({ writeErr: (text) => said.push(text) });
    if (command.commands.length === 0) command.action(() => {});
  }
  try {
    await program.parseAsync([...words], { from: 'user' });
    return null;
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return [message, ...said].join('\n');
  }
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** The command lines of `nascent` in the shell blocks of a Markdown page, as words. */
export function commandsIn(page: string): string[][] {
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
  return blocks.flatMap((block) =>
    block
      .replaceAll(/\\\n/g, ' ')
      .split('\n')
      .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
      .filter((line) => /^(npx )?nascent /.test(line))
      .map((line) =>
        line
          .replace(/^(npx )?nascent /, '')
          .split(/\s+/)
          .map((word) =>
            word.replaceAll(/^"|"$/g, '').replaceAll('$STUDY', 'postgres://me@db.example/nas/first'),
          ),
      ),
  );
}
