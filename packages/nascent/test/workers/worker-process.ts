/** The process of `nascent worker` in tests: the command alone, which starts in half the time of all of them. */
import { Command } from 'commander';
import { CliFailure, processContext } from '../../src/cli/context.ts';
import { registerWorkerCommand } from '../../src/cli/worker.ts';
import { messageOf } from '../../src/errors.ts';

const context = processContext();
const program = new Command('nascent');
registerWorkerCommand(program, context);
try {
  await program.parseAsync(process.argv.slice(2), { from: 'user' });
} catch (thrown) {
  context.err(`error: ${messageOf(thrown)}`);
  process.exitCode = thrown instanceof CliFailure ? thrown.exitCode : 1;
}
