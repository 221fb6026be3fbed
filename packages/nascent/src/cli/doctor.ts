import type { Command } from 'commander';
import { createColors } from 'picocolors';
import { checkData, checkDiskSpace, checkStore } from './check-disk.ts';
import { checkPython, engineChecks, probeEngine } from './check-engine.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { type HealthCheck, missing, ok } from './health-check.ts';

/** `nascent doctor`: what works here, what does not, how to mend it. */
export function registerDoctorCommand(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('Say what works here, what does not, and how to mend it.')
    .option('--json', 'print a JSON object')
    .action(async (options: { readonly json?: boolean }) => {
      const checks: HealthCheck[] = [];
      for await (const check of examine(context)) {
        checks.push(check);
        if (!options.json) context.out(line(check, context.color));
      }
      const failed = checks.filter((check) => check.state === 'missing');
      if (options.json) printJson(context, { ok: failed.length === 0, checks });
      if (failed.length > 0) {
        throw new CliFailure(
          'NOT_READY',
          `a search cannot run here: ${failed.map(({ name }) => name).join(', ')}`,
        );
      }
      if (!options.json) context.out('A search can run here.');
    });
}

async function* examine(context: CliContext): AsyncGenerator<HealthCheck> {
  yield checkNode(process.versions.node);
  yield* engineChecks(await probeEngine(context.env), context.env);
  yield* checkData(context);
  yield await checkStore(context);
  yield await checkDiskSpace(context);
  yield await checkPython(context.env);
}

/** @param version for example `20.11.0` */
export function checkNode(version: string): HealthCheck {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 11)
    ? ok('Node.js', version)
    : missing('Node.js', `${version}, too old`, 'install Node.js 20.11 or newer');
}

function line({ name, state, found, fix }: HealthCheck, color: boolean): string {
  const { green, red, yellow, bold } = createColors(color);
  const mark = { ok: green('✓'), missing: red('✗'), advice: yellow('–') }[state];
  return `${mark} ${bold(name)}: ${found}${fix === null ? '' : `\n    → ${fix}`}`;
}
