import type { ComparisonAnalysis } from '../analysis.ts';
import type { Curve } from '../best-so-far.ts';
import { axisTitle, direction, nameOfKind } from '../score-kind.ts';
import { decimal, differenceUnit, shownScale } from '../score-text.ts';
import { bestSoFarChart } from './best-so-far-chart.ts';
import { correlationChart, MOST_DRAWN } from './correlation-chart.ts';
import { distributionChart } from './distribution-chart.ts';
import type { Figure } from './figure.ts';
import { topKChart } from './top-k-chart.ts';
import { topKCurvesChart } from './top-k-curves-chart.ts';

/** Every name that a figure of a report can have. */
export const FIGURE_NAMES = [
  'best-so-far-trials',
  'best-so-far-seconds',
  'top-k-trials',
  'top-k-seconds',
  'top-k',
  'distribution',
  'correlation',
] as const;

/** The charts that an analysis has the numbers for, in the order of the report. */
export function comparisonFigures(analysis: ComparisonAnalysis): readonly Figure[] {
  return [
    ...bestSoFarFigures(analysis),
    ...topKCurveFigures(analysis),
    ...topKFigure(analysis),
    ...distributionFigure(analysis),
    ...correlationFigure(analysis),
  ];
}

/** `8 seeds`, or `5 to 8 seeds` where strategies differ. */
export function seedsText({ rows }: ComparisonAnalysis): string {
  const counts = rows.map(({ seeds }) => seeds);
  const least = Math.min(...counts);
  const most = Math.max(...counts);
  if (least !== most) return `${least} to ${most} seeds`;
  return `${most} seed${most === 1 ? '' : 's'}`;
}

function bestSoFarFigures(analysis: ComparisonAnalysis): Figure[] {
  const { facts, primary } = analysis;
  const score = nameOfKind(facts, primary);
  const chosen = primary === 'search' ? '' : ', the one with the best reward so far';
  const chart = (against: 'trials' | 'seconds', xTitle: string) => ({
    name: `best-so-far-${against}`,
    title: `Best so far, against ${against === 'trials' ? 'trials' : 'time'}`,
    subtitle: [
      `${capital(score)} of the incumbent${chosen}. ${facts.space}, ${seedsText(analysis)}.`,
      `${bandText(analysis)} Ended runs keep their incumbent.`,
    ],
    caption:
      `${capital(score)} of the incumbent against ${xTitle}, for each strategy. The first tenth may lie beyond ` +
      'the axis.',
    xTitle,
    yTitle: axisTitle(facts, primary),
    scale: shownScale(facts.metric),
    direction: direction(facts.metric),
  });
  if (!analysis.bestSoFarByTrials.some(({ curve }) => hasPoints(curve))) return [];
  const trials = bestSoFarChart(analysis.bestSoFarByTrials, chart('trials', 'trials'));
  if (analysis.bestSoFarBySeconds.length === 0) return [trials];
  return [trials, bestSoFarChart(analysis.bestSoFarBySeconds, chart('seconds', clockText(analysis)))];
}

function topKCurveFigures(analysis: ComparisonAnalysis): Figure[] {
  const { facts, topKByTrials, topKBySeconds } = analysis;
  const score = nameOfKind(facts, 'search');
  const chart = (against: 'trials' | 'seconds', xTitle: string) => ({
    name: `top-k-${against}`,
    title: `Top-k distinct models, against ${against === 'trials' ? 'trials' : 'time'}`,
    subtitle: [
      `${capital(score)}: mean of the best k distinct models so far. ${facts.space}, ${seedsText(analysis)}.`,
      `${bandText(analysis)} Ended runs keep their models.`,
    ],
    caption:
      `Mean ${score} of the best k distinct models against ${xTitle}, for k = 1, 5 and 15 and each strategy. The ` +
      'first tenth may lie beyond the axes.',
    xTitle,
    yTitle: axisTitle(facts, 'search'),
    scale: shownScale(facts.metric),
    direction: direction(facts.metric),
  });
  if (!topKByTrials.some(({ curve }) => hasPoints(curve))) return [];
  const trials = topKCurvesChart(topKByTrials, chart('trials', 'trials'));
  if (!topKBySeconds.some(({ curve }) => hasPoints(curve))) return [trials];
  return [trials, topKCurvesChart(topKBySeconds, chart('seconds', clockText(analysis)))];
}

function clockText({ facts: { budget } }: ComparisonAnalysis): string {
  return budget.clock === 'simulated' ? 'simulated seconds' : 'seconds of evaluation';
}

function bandText({ rows }: ComparisonAnalysis): string {
  const several = Math.max(...rows.map(({ seeds }) => seeds)) > 1;
  return several ? 'Mean over seeds; band: 95 % bootstrap interval of the mean.' : 'One seed: no band.';
}

function topKFigure(analysis: ComparisonAnalysis): Figure[] {
  const { facts, topK } = analysis;
  if (!topK.some(({ curve }) => hasPoints(curve))) return [];
  const pairs = topK.map((difference) => difference.pairs);
  const most = Math.max(...pairs);
  const least = Math.min(...pairs);
  const paired = least === most ? `${most}` : `${least} to ${most}`;
  const unit = differenceUnit(facts.metric);
  const figure = topKChart(topK, {
    labels: analysis.rows.map(({ strategy }) => strategy),
    subtitle: [
      `${capital(nameOfKind(facts, 'search'))}: mean of the best k distinct models minus that of random search; ` +
        'above 0 is better.',
      `${facts.space}, ${paired} paired seed${most === 1 ? '' : 's'}. ` +
        (most > 1 ? 'Band: 95 % bootstrap interval of the mean difference.' : 'No band with one seed.'),
    ],
    caption:
      'Top-k mean of each strategy minus that of random search, paired by seed, for k = 1, 5 and 15, against ' +
      'trials. Positive favours the strategy.',
    yTitle: `better by, ${facts.metric === 'accuracy' ? 'percentage points' : unit}`,
    scale: shownScale(facts.metric),
  });
  return [figure];
}

function distributionFigure(analysis: ComparisonAnalysis): Figure[] {
  const { facts, primary, distribution } = analysis;
  if (distribution.every(({ scores }) => scores.length === 0)) return [];
  const figure = distributionChart(distribution, {
    title: 'What the runs chose',
    subtitle: [
      `${capital(nameOfKind(facts, primary))} of each run's chosen architecture. ${facts.space}, ` +
        `${seedsText(analysis)}.`,
      'Points: runs (at most 120 drawn). Box: middle half. Line: median. Diamond: mean.',
    ],
    caption: `Distribution over runs of the ${nameOfKind(facts, primary)} of the chosen architecture.`,
    xTitle: axisTitle(facts, primary),
    scale: shownScale(facts.metric),
  });
  return [figure];
}

function correlationFigure({ facts, correlation }: ComparisonAnalysis): Figure[] {
  if (correlation === null || correlation.scores.search.length < 2) return [];
  const figure = correlationChart(correlation, {
    title: 'Does the search-time score tell which architectures are good?',
    subtitle: [
      `Each point is an architecture that some run evaluated (at most ${MOST_DRAWN} drawn). ${facts.space}.`,
      'τ: Kendall’s τ-b with its 95 % bootstrap interval. The worst twentieth may lie beyond the axes.',
    ],
    caption: `${capital(nameOfKind(facts, 'search'))} against ${nameOfKind(facts, correlation.final)}.`,
    xTitle: axisTitle(facts, 'search'),
    yTitle: axisTitle(facts, correlation.final),
    scale: shownScale(facts.metric),
    metric: facts.metric,
    tauOf: (which) => {
      const { tau } = correlation.overall[which];
      if (tau === null) return 'τ is undefined';
      return `τ = ${decimal(tau.estimate, 2)} [${decimal(tau.low, 2)}, ${decimal(tau.high, 2)}]`;
    },
  });
  return [figure];
}

function hasPoints({ points }: Curve): boolean {
  return points.some((point) => point !== null);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
