import { Command, CommanderError } from 'commander';
import { messageOf, NascentError } from '../errors.ts';
import { nascentVersion } from '../version.ts';
import { type CliContext, CliFailure, type ExitCode } from './context.ts';

type Register = (program: Command, context: CliContext) => void;

/** One file of this folder for each command, in the order of the help. */
const commands: Readonly<Record<string, () => Promise<Register>>> = {
  search: async () => (await import('./search.ts')).registerSearchCommand,
  controller: async () => (await import('./controller.ts')).registerControllerCommand,
  worker: async () => (await import('./worker.ts')).registerWorkerCommand,
  compare: async () => (await import('./compare.ts')).registerCompareCommand,
  status: async () => (await import('./status.ts')).registerStatusCommand,
  trials: async () => (await import('./trials.ts')).registerTrialsCommand,
  show: async () => (await import('./show.ts')).registerShowCommand,
  retrain: async () => (await import('./retrain.ts')).registerRetrainCommand,
  export: async () => (await import('./export.ts')).registerExportCommand,
  copy: async () => (await import('./copy.ts')).registerCopyCommand,
  data: async () => (await import('./data.ts')).registerDataCommand,
  doctor: async () => (await import('./doctor.ts')).registerDoctorCommand,
};

/**
 * The command line.
 * @param words what is to be run: where its first word is a command, only that one is loaded, which takes half as long as
 *   all of them; the help names all
 */
export async function createProgram(context: CliContext, words: readonly string[] = []): Promise<Command> {
  const program = new Command('nascent')
    .description('Neural architecture search with reinforcement learning (Zoph & Le 2017).')
    .version(nascentVersion())
    .showHelpAfterError('(run with --help for all options)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out(text.replace(/\n$/, '')),
      writeErr: (text) => context.err(text.replace(/\n$/, '')),
    });
  const asked = Object.entries(commands).filter(([name]) => name === words[0]);
  for (const [, load] of asked.length > 0 ? asked : Object.entries(commands))
    (await load())(program, context);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

/** Runs one command line to its end; never throws. */
export async function runCli(words: readonly string[], context: CliContext): Promise<ExitCode> {
  try {
    const program = await createProgram(context, words);
    await program.parseAsync([...words], { from: 'user' });
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
