import type { Command } from 'commander';
import type { Store, TrialLine, TrialPage } from '../store/store.ts';
import { GrowingTable } from './columns.ts';
import { type CliContext, printJson, printJsonArray } from './context.ts';
import { positiveInteger } from './numbers.ts';
import { DEFAULT_STUDY, readStudy } from './open-study.ts';
import { duration, rewardText, scoreText } from './search-view.ts';
import { tokenAnswers } from './token-answers.ts';
import { trialJson } from './trial-json.ts';

interface TrialsOptions {
  readonly study?: string;
  readonly top?: number;
  readonly json?: boolean;
}

/** Trials read and printed at a time: a study may have more than fit into memory, or than one waits for. */
const trialsOnPage = 250;
/** Of those without their architectures, which are much smaller: a server is asked less often. */
const linesOnPage = 1000;

/** `nascent trials`: the table of trials. */
export function registerTrialsCommand(program: Command, context: CliContext): void {
  program
    .command('trials')
    .description('List the trials of a study.')
    .option('--study <study>', `the study, a file or a URL (default: ${DEFAULT_STUDY})`)
    .option('--top <n>', 'only the best n by reward, best first', positiveInteger)
    .option('--json', 'print a JSON array')
    .action(async ({ study: location, top, json }: TrialsOptions) => {
      await readStudy(context, location, async (store, { id }) => {
        if (top !== undefined) {
          const trials = await store.trials(id, { top });
          if (json) printJson(context, trials.map(trialJson));
          else await printTable(context, [trials]);
        } else if (json) {
          const pages = pagesOf(trialsOnPage, (page) => store.trials(id, { page }));
          await printJsonArray(context, pages, trialJson);
        } else await printTable(context, linesOf(store, id));
      });
    });
}

const linesOf = (store: Store, id: number) => pagesOf(linesOnPage, (page) => store.trialLines(id, page));

async function* pagesOf<T extends { readonly number: number }>(
  pageSize: number,
  read: (page: TrialPage) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  let next: Promise<readonly T[]> | null = read({ after: 0, atMost: pageSize });
  while (next !== null) {
    const trials: readonly T[] = await next;
    const last = trials.at(-1);
    // A server reads the next page while this one is printed.
    next =
      last === undefined || trials.length < pageSize ? null : read({ after: last.number, atMost: pageSize });
    next?.catch(() => {}); // whoever takes it hears of it; nobody does where printing has failed
    if (last !== undefined) yield trials;
  }
}

async function printTable(
  context: CliContext,
  pages: AsyncIterable<readonly TrialLine[]> | Iterable<readonly TrialLine[]>,
): Promise<void> {
  const head = ['trial', 'state', 'score', 'reward', 'parameters', 'epochs', 'time', 'tokens'];
  const table = new GrowingTable(head, { rightAlign: [0, 2, 3, 4, 5, 6], color: context.color });
  let printed = 0;
  for await (const trials of pages) {
    if (trials.length > 0) context.out(table.lines(trials.map(cellsOf)));
    await context.drained?.();
    printed += trials.length;
  }
  context.out(
    printed === 0
      ? 'This study has no trials yet.'
      : 'The whole token string of a trial: nascent show NUMBER, or --json.',
  );
}

/** 1234567 → `1,234,567`; Intl's takes longer than reading the trial. */
const grouped = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');

function cellsOf(trial: TrialLine): string[] {
  return [
    String(trial.number),
    trial.reusedFrom === null ? trial.state : `= ${trial.reusedFrom}`,
    scoreText(trial.score),
    rewardText(trial.reward),
    trial.parameters === null ? '–' : grouped(trial.parameters),
    String(trial.epochs),
    trial.seconds === null ? '–' : duration(1000 * trial.seconds),
    tokenAnswers(trial.tokens),
  ];
}
