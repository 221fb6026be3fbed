import type { Command } from 'commander';
import { type CliContext, printJson } from './context.ts';
import { DEFAULT_STUDY, studyLocation } from './open-study.ts';
import { statusText } from './status-view.ts';
import { readStudyStatus } from './study-status.ts';

interface StatusOptions {
  readonly study?: string;
  readonly json?: boolean;
}

/** `nascent status`: who is alive, the queue, throughput. */
export function registerStatusCommand(program: Command, context: CliContext): void {
  program
    .command('status')
    .description('Say how a study stands: trials, who works on it, queue, throughput, errors.')
    .option('--study <study>', `the study, a file or a URL (default: ${DEFAULT_STUDY})`)
    .option('--json', 'print a JSON object')
    .action(async ({ study, json }: StatusOptions) => {
      const status = await readStudyStatus(studyLocation(context, study));
      if (json) printJson(context, status);
      else context.out(statusText(status, context));
    });
}
