import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { printJson } from './context.ts';
import { positiveInteger } from './numbers.ts';
import { DEFAULT_STUDY, readStudy } from './open-study.ts';
import { duration, rewardText, scoreText } from './search-view.ts';
import { table } from './table.ts';
import { tokenAnswers } from './token-answers.ts';
import { trialJson } from './trial-json.ts';

interface TrialsOptions {
  readonly study?: string;
  readonly top?: number;
  readonly json?: boolean;
}

/** `nascent trials`: the table of trials. */
export function registerTrialsCommand(program: Command, context: CliContext): void {
  program
    .command('trials')
    .description('List the trials of a study.')
    .option('--study <file>', `the study (default: ${DEFAULT_STUDY})`)
    .option('--top <n>', 'only the best n by reward, best first', positiveInteger)
    .option('--json', 'print a JSON array')
    .action(async (options: TrialsOptions) => {
      const trials = await readStudy(context, options.study, (store, study) =>
        store.trials(study.id, options.top === undefined ? {} : { top: options.top }),
      );
      if (options.json) return printJson(context, trials.map(trialJson));
      if (trials.length === 0) return context.out('This study has no trials yet.');
      context.out(
        table(
          ['trial', 'state', 'score', 'reward', 'parameters', 'epochs', 'time', 'tokens'],
          trials.map((trial) => [
            String(trial.number),
            trial.reusedFrom === null ? trial.state : `= ${trial.reusedFrom}`,
            scoreText(trial.score),
            rewardText(trial.reward),
            trial.parameters === null ? '–' : trial.parameters.toLocaleString('en'),
            String(trial.epochs),
            trial.seconds === null ? '–' : duration(1000 * trial.seconds),
            tokenAnswers(trial.tokens),
          ]),
          { rightAlign: [0, 2, 3, 4, 5, 6], color: context.color },
        ),
      );
      context.out('The whole token string of a trial: nascent show NUMBER, or --json.');
    });
}
