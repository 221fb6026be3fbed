import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import asciichart from 'asciichart';
import type { Command } from 'commander';
import { z } from 'zod';
import { assertNever } from '../assert-never.ts';
import { messageOf } from '../errors.ts';
import type { EpochReport, Outcome } from '../evaluation/evaluation.ts';
import { exact, rough } from '../export/drawing/numbers.ts';
import type { SvgDrawing } from '../export/drawing/svg.ts';
import { CIFAR10_INPUT, decodeTokens, type ImageInput, spaceOfTokens } from '../search-space/index.ts';
import type { TrialRecord } from '../trial/record.ts';
import { type CliContext, CliFailure, printJson } from './context.ts';
import { DEFAULT_STUDY } from './open-study.ts';
import { duration, rewardText, scoreText } from './search-view.ts';
import { type Drawable, drawableOf, drawnAsSvg, drawnInTerminal } from './show-drawing.ts';
import { findTrial, TRIAL_HELP } from './trial-argument.ts';
import { trialJson } from './trial-json.ts';

interface ShowOptions {
  readonly study?: string;
  readonly json?: boolean;
  readonly svg?: string;
}

/** `nascent show TRIAL`: tokens, layers or formulas, parameters, a drawing (also as SVG), the learning curve. */
export function registerShowCommand(program: Command, context: CliContext): void {
  program
    .command('show')
    .description('Show one trial: its network or cell drawn, its tokens, its learning curve.')
    .argument('<trial>', TRIAL_HELP)
    .option('--study <file>', `the study (default: ${DEFAULT_STUDY}); a token string needs none`)
    .option('--svg <file>', 'also write the drawing as an SVG figure')
    .option('--json', 'print a JSON object')
    .action(async (argument: string, options: ShowOptions) => {
      const { named, read: curve } = await findTrial(
        context,
        argument,
        options.study,
        (store, study, trial) => store.curve(study.id, trial.number),
      );
      if (named.kind === 'tokens') return showTokens(context, named.tokens, options);
      const { trial } = named;
      const drawable = drawableOf(trial.architecture, inputOf(trial));
      await writeSvg(context, options.svg, drawable, {
        title: `Trial ${trial.number}`,
        facts: [
          ...scoreLines(trial),
          ...rateLines(trial.architecture),
          // A network's drawing counts them itself.
          ...(drawable.kind === 'cell' ? parameterLines(trial) : []),
        ],
      });
      if (options.json) {
        printJson(context, { ...trialJson(trial), curve, network: networkOf(drawable) });
        return;
      }
      for (const line of trialLines(trial)) context.out(line);
      for (const line of costLines(trial, drawable.kind === 'network')) context.out(line);
      draw(context, drawable);
      if (options.svg !== undefined) context.out(`\nfigure ${options.svg}`);
      if (curve !== null) for (const line of curveLines(curve)) context.out(line);
    });
}

async function showTokens(context: CliContext, tokens: string, { svg, json }: ShowOptions): Promise<void> {
  const space = spaceOfTokens(tokens);
  const architecture = space.decode(decodeTokens(tokens, space));
  const drawable = drawableOf(architecture);
  await writeSvg(context, svg, drawable, {
    title: `A ${drawable.kind === 'cell' ? 'cell' : 'network'} of the space ${space.identity.name}`,
    facts: rateLines(architecture),
  });
  if (json === true) {
    printJson(context, { tokens, architecture, network: networkOf(drawable) });
    return;
  }
  context.out(tokens);
  for (const line of rateLines(architecture)) context.out(line);
  draw(context, drawable);
  if (svg !== undefined) context.out(`\nfigure ${svg}`);
}

/** @throws CliFailure where there is nothing to draw, or the file cannot be written */
async function writeSvg(
  context: CliContext,
  file: string | undefined,
  drawable: Drawable,
  drawing: SvgDrawing,
): Promise<void> {
  if (file === undefined) return;
  const svg = drawnAsSvg(drawable, drawing);
  try {
    await writeFile(resolve(context.cwd, file), svg);
  } catch (cause) {
    throw new CliFailure(
      'SVG_NOT_WRITTEN',
      `cannot write the drawing to ${file}: ${messageOf(cause)}. Name a file (--svg) in a directory that exists ` +
        'and that you may write to.',
      { cause },
    );
  }
}

function draw(context: CliContext, drawable: Drawable): void {
  context.out('');
  context.out(drawnInTerminal(drawable, { width: terminalWidth(), color: context.color }));
}

/** Layers with shapes, parameters and FLOPs, for `--json`; a recurrent cell has none. */
function networkOf(drawable: Drawable) {
  return drawable.kind === 'network' ? drawable.network : null;
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
  const outcome = trial.outcome;
  const failure =
    outcome === null || outcome.kind === 'completed' || outcome.kind === trial.state
      ? ''
      : ` (${outcome.kind})`;
  return [
    `trial ${trial.number}: ${trial.state}${failure}${
      trial.reusedFrom === null ? '' : `, the same network as trial ${trial.reusedFrom}`
    }`,
    ...(outcome?.kind === 'too-large' ? [tooLargeText(outcome)] : []),
    ...(outcome?.kind === 'stopped' ? [`stopped after epoch ${outcome.epoch}: ${outcome.detail}`] : []),
    ...scoreLines(trial),
    ...rateLines(trial.architecture),
    `reward ${rewardText(trial.reward)}${
      trial.seconds === null ? '' : ` after ${trial.epochs} epochs in ${duration(1000 * trial.seconds)}`
    }`,
    `tokens ${trial.tokens}`,
  ];
}

function scoreLines({ score }: TrialRecord): string[] {
  return score === null ? [] : [`${score.split} ${score.metric} ${scoreText(score)}`];
}

const withRate = z.looseObject({ kind: z.literal('convolutional'), learningRate: z.number() });

/** The learning rate that the controller chose for the child, where the space asks for one. */
function rateLines(architecture: unknown): string[] {
  const rate = withRate.safeParse(architecture).data?.learningRate;
  return rate === undefined ? [] : [`predicted learning rate ${rate}`];
}

function tooLargeText({ measure, value, limit }: Extract<Outcome, { readonly kind: 'too-large' }>): string {
  switch (measure) {
    case 'parameters':
      return `refused: ${exact(value)} parameters, over the limit of ${exact(limit)}`;
    case 'flops':
      return `refused: ${rough(value)} FLOPs for one example, over the limit of ${rough(limit)}`;
    case 'memory':
      return `refused: training would hold about ${Math.round(value)} MiB, over the limit of ${Math.round(limit)} MiB`;
    default:
      return assertNever(measure);
  }
}

/** What the child costs, where no drawing says so, and what its training took where a table knows it. */
function costLines(trial: TrialRecord, drawn: boolean): string[] {
  const { flops, simulatedSeconds, latencyMs, latencySpreadMs } = trial.facts;
  return [
    ...(drawn ? [] : parameterLines(trial)),
    ...(drawn || flops === undefined ? [] : [`${rough(flops)} FLOPs for one example`]),
    ...(latencyMs === undefined
      ? []
      : [`latency ${latencyMs.toFixed(2)} ms, spread of its passes ${(latencySpreadMs ?? 0).toFixed(2)} ms`]),
    ...(simulatedSeconds === undefined ? [] : [`simulated cost ${duration(1000 * simulatedSeconds)}`]),
  ];
}

function parameterLines({ parameters }: TrialRecord): string[] {
  return parameters === null ? [] : [`${exact(parameters)} parameters`];
}

/**
 * The validation score over the epochs, as a chart of characters; nothing for fewer than two epochs. Perplexities are
 * drawn by their logarithm: the first epochs would leave no line for the others.
 */
function curveLines(curve: readonly EpochReport[]): string[] {
  const scores = curve.map((epoch) => epoch.score.value);
  if (scores.length < 2) return [];
  const metric = curve[0]?.score.metric ?? 'accuracy';
  const logarithmic = metric === 'perplexity';
  const heights = logarithmic ? scores.map(Math.log) : scores;
  const wide = heights.length < 20 ? heights.flatMap((height) => Array<number>(3).fill(height)) : heights;
  const format = (height: number) => scoreText({ metric, value: logarithmic ? Math.exp(height) : height });
  return [
    '',
    `validation ${metric} over ${scores.length} epochs${logarithmic ? ', on a logarithmic scale' : ''}`,
    asciichart.plot(wide, { height: 8, format: (height: number) => format(height).padStart(9) }),
  ];
}
