import asciichart from 'asciichart';
import type { Command } from 'commander';
import type { EpochReport } from '../evaluation/evaluation.ts';
import { exact, rough } from '../export/drawing/numbers.ts';
import { drawNetwork } from '../export/drawing/terminal.ts';
import {
  CIFAR10_INPUT,
  decodeTokens,
  describeArchitecture,
  type ImageInput,
  spaceOfTokens,
} from '../search-space/index.ts';
import type { TrialRecord } from '../trial/record.ts';
import { type CliContext, printJson } from './context.ts';
import { DEFAULT_STUDY } from './open-study.ts';
import { duration, rewardText, scoreText } from './search-view.ts';
import { findTrial, TRIAL_HELP } from './trial-argument.ts';
import { trialJson } from './trial-json.ts';

interface ShowOptions {
  readonly study?: string;
  readonly json?: boolean;
}

/** `nascent show TRIAL`: tokens, layers, parameters, FLOPs, a drawing, the learning curve. */
export function registerShowCommand(program: Command, context: CliContext): void {
  program
    .command('show')
    .description('Show one trial: its network drawn, its tokens, its learning curve.')
    .argument('<trial>', TRIAL_HELP)
    .option('--study <file>', `the study (default: ${DEFAULT_STUDY}); a token string needs none`)
    .option('--json', 'print a JSON object')
    .action(async (argument: string, options: ShowOptions) => {
      const { named, read: curve } = await findTrial(
        context,
        argument,
        options.study,
        (store, study, trial) => store.curve(study.id, trial.number),
      );
      if (named.kind === 'tokens') return showTokens(context, named.tokens, options.json === true);
      const { trial } = named;
      const network = describeArchitecture(trial.architecture, inputOf(trial));
      if (options.json) {
        printJson(context, { ...trialJson(trial), curve, network });
        return;
      }
      for (const line of trialLines(trial)) context.out(line);
      for (const line of costLines(trial, network !== null)) context.out(line);
      drawing(context, trial.architecture, network);
      if (curve !== null) for (const line of curveLines(curve)) context.out(line);
    });
}

function showTokens(context: CliContext, tokens: string, json: boolean): void {
  const space = spaceOfTokens(tokens);
  const architecture = space.decode(decodeTokens(tokens, space));
  const network = describeArchitecture(architecture);
  if (json) {
    printJson(context, { tokens, architecture, network });
    return;
  }
  context.out(tokens);
  drawing(context, architecture, network);
}

function drawing(
  context: CliContext,
  architecture: unknown,
  network: ReturnType<typeof describeArchitecture>,
): void {
  context.out('');
  // A user's own space draws nothing here: reading commands never run the user's code.
  if (network === null) context.out(JSON.stringify(architecture, null, 2));
  else context.out(drawNetwork(network, { width: terminalWidth(), color: context.color }));
}

/** Columns of the terminal; 100 where there is none. */
export function terminalWidth(): number {
  return process.stdout.columns ?? 100;
}

/** The shape of the images that the child was trained on, which the evaluator recorded with the trial. */
export function inputOf(trial: TrialRecord): ImageInput {
  const { inputHeight, inputWidth, inputChannels, classes } = trial.facts;
  return {
    height: inputHeight ?? CIFAR10_INPUT.height,
    width: inputWidth ?? CIFAR10_INPUT.width,
    channels: inputChannels ?? CIFAR10_INPUT.channels,
    classes: classes ?? CIFAR10_INPUT.classes,
  };
}

function trialLines(trial: TrialRecord): string[] {
  const score = trial.score;
  const outcome = trial.outcome;
  const failure =
    outcome === null || outcome.kind === 'completed' || outcome.kind === trial.state
      ? ''
      : ` (${outcome.kind})`;
  return [
    `trial ${trial.number}: ${trial.state}${failure}${
      trial.reusedFrom === null ? '' : `, the same network as trial ${trial.reusedFrom}`
    }`,
    ...(score === null ? [] : [`${score.split} ${score.metric} ${scoreText(score)}`]),
    `reward ${rewardText(trial.reward)}${
      trial.seconds === null ? '' : ` after ${trial.epochs} epochs in ${duration(1000 * trial.seconds)}`
    }`,
    `tokens ${trial.tokens}`,
  ];
}

/** What the child costs, where no drawing says so, and what its training took where a table knows it. */
function costLines({ parameters, facts }: TrialRecord, drawn: boolean): string[] {
  const { flops, simulatedSeconds } = facts;
  return [
    ...(drawn || parameters === null ? [] : [`${exact(parameters)} parameters`]),
    ...(drawn || flops === undefined ? [] : [`${rough(flops)} FLOPs for one example`]),
    ...(simulatedSeconds === undefined ? [] : [`simulated cost ${duration(1000 * simulatedSeconds)}`]),
  ];
}

/** The validation score over the epochs, as a chart of characters; nothing for fewer than two epochs. */
function curveLines(curve: readonly EpochReport[]): string[] {
  const scores = curve.map((epoch) => epoch.score.value);
  if (scores.length < 2) return [];
  const wide = scores.length < 20 ? scores.flatMap((score) => Array<number>(3).fill(score)) : scores;
  const metric = curve[0]?.score.metric ?? 'accuracy';
  return [
    '',
    `validation ${metric} over ${scores.length} epochs`,
    asciichart.plot(wide, { height: 8, format: (value: number) => scoreText({ metric, value }).padStart(9) }),
  ];
}
