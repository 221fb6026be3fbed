import { Command, CommanderError } from 'commander';
import { messageOf, NascentError } from '../errors.ts';
import { nascentVersion } from '../version.ts';
import { registerCompareCommand } from './compare.ts';
import { type CliContext, CliFailure, type ExitCode } from './context.ts';
import { registerControllerCommand } from './controller.ts';
import { registerCopyCommand } from './copy.ts';
import { registerDataCommand } from './data.ts';
import { registerDoctorCommand } from './doctor.ts';
import { registerExportCommand } from './export.ts';
import { registerRetrainCommand } from './retrain.ts';
import { registerSearchCommand } from './search.ts';
import { registerShowCommand } from './show.ts';
import { registerStatusCommand } from './status.ts';
import { registerTrialsCommand } from './trials.ts';
import { registerWorkerCommand } from './worker.ts';

/** The command line: one file of this folder for each command. */
export function createProgram(context: CliContext): Command {
  const program = new Command('nascent')
    .description('Neural architecture search with reinforcement learning (Zoph & Le 2017).')
    .version(nascentVersion())
    .showHelpAfterError('(run with --help for all options)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out(text.replace(/\n$/, '')),
      writeErr: (text) => context.err(text.replace(/\n$/, '')),
    });
  registerSearchCommand(program, context);
  registerControllerCommand(program, context);
  registerWorkerCommand(program, context);
  registerCompareCommand(program, context);
  registerStatusCommand(program, context);
  registerTrialsCommand(program, context);
  registerShowCommand(program, context);
  registerRetrainCommand(program, context);
  registerExportCommand(program, context);
  registerCopyCommand(program, context);
  registerDataCommand(program, context);
  registerDoctorCommand(program, context);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

/** Runs one command line to its end; never throws. */
export async function runCli(words: readonly string[], context: CliContext): Promise<ExitCode> {
  try {
    await createProgram(context).parseAsync([...words], { from: 'user' });
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2; // already printed
    if (thrown instanceof CliFailure) {
      if (thrown.message !== '') context.err(`error: ${messageOf(thrown)}`);
      return thrown.exitCode;
    }
    if (thrown instanceof NascentError || isEngineMissing(thrown)) {
      context.err(`error: ${messageOf(thrown)}`);
      return 1;
    }
    // Not thrown on purpose: a defect of ours, so the stack is worth more than manners.
    context.err(`error: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
    return 1;
  }
}

/** The engine's own error, told by its code: its class would have to be imported from the engine's package. */
function isEngineMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'TORCH_NOT_FOUND';
}
