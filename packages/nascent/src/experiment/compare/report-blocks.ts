import type { ComparisonAnalysis, CorrelationFindings } from './analysis.ts';
import { type FIGURE_NAMES, seedsText } from './charts/comparison-figures.ts';
import type { Figure } from './charts/figure.ts';
import type { Correlation } from './correlation.ts';
import type { Block } from './document.ts';
import { finalScoreTable, pairTable, searchTable } from './report-tables.ts';
import { nameOfKind } from './score-kind.ts';
import { decimal, differenceUnit } from './score-text.ts';

/** The report, from its numbers. Whatever is left out is left out with a sentence. */
export function reportBlocks(
  analysis: ComparisonAnalysis,
  figures: readonly Pick<Figure, 'name' | 'caption'>[],
): readonly Block[] {
  const figure = (name: (typeof FIGURE_NAMES)[number], otherwise: string): Block => {
    const drawn = figures.find((candidate) => candidate.name === name);
    return drawn === undefined
      ? { kind: 'paragraph', text: otherwise }
      : { kind: 'figure', name, caption: drawn.caption };
  };
  return [
    { kind: 'heading', level: 1, text: titleOf(analysis) },
    { kind: 'paragraph', text: what(analysis) },
    { kind: 'heading', level: 2, text: 'Findings' },
    ...findings(analysis),
    { kind: 'heading', level: 2, text: 'Final scores' },
    finalScoreTable(analysis),
    { kind: 'paragraph', text: howToRead(analysis) },
    figure(
      'distribution',
      'No run has chosen an architecture with such a score, so there is no distribution.',
    ),
    ...everyPair(analysis),
    { kind: 'heading', level: 2, text: 'Best so far' },
    figure('best-so-far-trials', 'There are no trials to draw.'),
    figure(
      'best-so-far-seconds',
      'No chart against time: less than a second was charged, which is the time of looking results up.',
    ),
    { kind: 'heading', level: 2, text: 'The best k distinct models' },
    figure('top-k-trials', 'No run has a scored model.'),
    figure('top-k-seconds', 'No chart against time, for the same reason.'),
    { kind: 'heading', level: 2, text: 'Against random search: the best k distinct models' },
    figure('top-k', withoutTopK(analysis)),
    { kind: 'heading', level: 2, text: 'Search-time score and final score' },
    ...correlation(analysis),
    ...(analysis.correlation === null
      ? []
      : [figure('correlation', 'Fewer than two architectures have both scores: nothing to draw.')]),
    { kind: 'heading', level: 2, text: 'How they searched' },
    searchTable(analysis),
    ...movement(analysis),
    { kind: 'heading', level: 2, text: 'Method' },
    { kind: 'list', items: method(analysis) },
  ];
}

export function titleOf({ facts, rows }: ComparisonAnalysis): string {
  const names = rows.map(({ strategy }) => strategy);
  return `${facts.space}: ${names.join(', ')}`;
}

function what(analysis: ComparisonAnalysis): string {
  const { facts, rows, primary } = analysis;
  const strategies = rows.length === 1 ? 'One strategy' : `${rows.length} strategies`;
  return (
    `${strategies} on ${facts.space}, ${seedsText(analysis)} each. ${budgetText(analysis)} Strategies are compared ` +
    `by the ${nameOfKind(facts, primary)} of the architecture that each run chose.`
  );
}

function budgetText({ facts: { budget } }: ComparisonAnalysis): string {
  const trials = `${budget.trials.toLocaleString('en')} trial${budget.trials === 1 ? '' : 's'}`;
  if (budget.seconds === null) return `Budget of a run: ${trials}.`;
  const seconds = budget.seconds.toLocaleString('en');
  const clock = budget.clock === 'simulated' ? 'simulated seconds' : 'seconds of evaluation';
  return `Budget of a run: ${seconds} ${clock}, at most ${trials}.`;
}

function findings({ verdicts, reference, rows }: ComparisonAnalysis): Block[] {
  if (rows.length === 1) {
    return [{ kind: 'paragraph', text: `Only ${reference} was run: there is nothing to compare it with.` }];
  }
  return [{ kind: 'list', items: verdicts }];
}

function howToRead({ facts, reference, rows }: ComparisonAnalysis): string {
  const unit = facts.metric === 'accuracy' ? 'Accuracies in percent. ' : 'Perplexities: less is better. ';
  const spread = 'Mean ± standard deviation over seeds (standard error of the mean).';
  if (rows.length === 1) return `${unit}${spread}`;
  return (
    `${unit}${spread} Better by: mean difference to ${reference} over the seeds that both have, in ` +
    `${differenceUnit(facts.metric)}, positive where the strategy is better, with its 95 % interval. p: paired t-test, ` +
    'two-sided, corrected by Holm. Sign-flip p: permutation test, not corrected, never below 5e-5 with more than 16 pairs. d_z: mean difference divided by ' +
    'the standard deviation of the differences.'
  );
}

function everyPair(analysis: ComparisonAnalysis): Block[] {
  if (analysis.rows.length < 3 || analysis.pairs.length === 0) return [];
  const { pairs } = analysis;
  return [
    { kind: 'heading', level: 2, text: 'Every pair' },
    pairTable(analysis),
    {
      kind: 'paragraph',
      text: `The first minus the second, positive where the first is better. p corrected by Holm for ${pairs[0]?.family ?? 0} comparisons.`,
    },
  ];
}

function withoutTopK({ rows, topK }: ComparisonAnalysis): string {
  const random = rows.find(({ strategy }) => strategy === 'random');
  if (random === undefined) return 'Left out: random search took no part in this comparison.';
  if (rows.length === 1) return 'Left out: there is only random search.';
  if (topK.length === 0) return 'Left out: no strategy has a seed in common with random search.';
  return 'Left out: too few runs have a scored model.';
}

function correlation({ correlation: found, facts }: ComparisonAnalysis): Block[] {
  if (found === null) {
    return [
      { kind: 'paragraph', text: 'Left out: there are no final scores to compare search-time scores with.' },
    ];
  }
  return [
    {
      kind: 'paragraph',
      text:
        `Kendall’s τ-b between the ${nameOfKind(facts, 'search')} and the ${nameOfKind(facts, found.final)} of distinct ` +
        'architectures, with its 95 % bootstrap interval. 1: the same order; 0: no relation. The best tenth is by ' +
        'search-time score. Architectures are those that the runs evaluated, so a strategy that searches well has ' +
        'a narrower choice of them and a lower τ.',
    },
    correlationTable(found),
  ];
}

function correlationTable({ overall, byStrategy }: CorrelationFindings): Block {
  const rows = [{ strategy: 'all runs', ...overall }, ...byStrategy];
  return {
    kind: 'table',
    head: ['', 'architectures', 'τ, all', 'best tenth', 'τ, best tenth'],
    rows: rows.map(({ strategy, all, top }) => [
      strategy,
      all.architectures.toLocaleString('en'),
      tauText(all),
      top.architectures.toLocaleString('en'),
      tauText(top),
    ]),
  };
}

function tauText({ tau }: Correlation): string {
  if (tau === null) return 'undefined';
  return `${decimal(tau.estimate, 2)} [${decimal(tau.low, 2)}, ${decimal(tau.high, 2)}]`;
}

function movement({ rows }: ComparisonAnalysis): Block[] {
  const unmoved = rows.flatMap(({ strategy, policy }) =>
    policy === null || policy.notMoved === 0
      ? []
      : [
          `${strategy}: the controller has not moved in ${policy.notMoved} of ${policy.runs} run` +
            `${policy.runs === 1 ? '' : 's'}; there it searched as an untrained policy does.`,
        ],
  );
  return unmoved.length === 0 ? [] : [{ kind: 'list', items: unmoved }];
}

function method(analysis: ComparisonAnalysis): string[] {
  const { facts, primary, rows } = analysis;
  return [
    ...accounting(analysis),
    'What a run has chosen is the architecture with the best reward, the earliest of equals. Rewards come from ' +
      `${facts.scoreSplit === 'validation' ? 'validation scores' : 'the column that the benchmark declares for search'} only.`,
    facts.finals === null
      ? 'There are no final scores: strategies are compared by the score that the search itself was shown, which ' +
        'favours whoever fits its noise.'
      : `Final scores (${finalsText(analysis)}) were opened for a run's trials after that run had ended; nothing that ` +
        'searched has seen them.',
    ...(rows.length > 1 ? testing(analysis) : []),
    'Bands and intervals of curves are percentile bootstrap intervals of the mean over seeds (1,000 resamples of ' +
      'whole runs), each point for itself. With fewer than about ten seeds they are too narrow.',
    'A run that has ended keeps its incumbent and its models in the curves, up to the longest run of its strategy. ' +
      'A point of a curve is drawn where at least half of the runs have a value.',
    ...(primary === 'search'
      ? []
      : ['Top-k models are chosen and averaged by search-time score, as in the paper (§4.2).']),
  ];
}

function testing({ facts, rows }: ComparisonAnalysis): string[] {
  const others = rows.length - 1;
  const comparisons = others === 1 ? 'one comparison' : `${others} comparisons`;
  return [
    facts.separateStudies === true
      ? 'The runs are studies that were searched one by one. Those with the same seed are paired, but the same ' +
        'architecture need not have the same result in both.'
      : 'Runs with one seed are paired: the same architecture has the same result in each of them.',
    'Differences are taken pair by pair, over the seeds that both strategies have.',
    `Two means are called different only where the paired t-test, corrected by Holm for ${comparisons} with the ` +
      'reference, has p < 0.05; otherwise no difference is shown, which does not say that there is none. Intervals ' +
      'of differences are Student’s, of one comparison each. The sign-flip test is a second opinion that does not ' +
      'assume normal differences; where it does not agree, the finding says so.',
  ];
}

function accounting(analysis: ComparisonAnalysis): string[] {
  return [...trialsCounted(analysis), ...warmStarts(analysis)];
}

function warmStarts({ facts: { warmStart = [0] } }: ComparisonAnalysis): string[] {
  if (warmStart.every((samples) => samples === 0)) return [];
  const numbers = `${warmStart.join(' or ')} given ${warmStart.join() === '1' ? 'sample' : 'samples'}`;
  return [
    `Each run began with ${numbers} (a warm start). They count as trials, so that the best so far includes them` +
      (warmStart.length === 1 ? ', for every strategy.' : ': runs with other warm starts do not compare.'),
  ];
}

function trialsCounted({ facts: { budget, separateStudies = false } }: ComparisonAnalysis): string[] {
  if (separateStudies) {
    return [
      'The trials of a run are those that its study was told, failed children too, in that order. A result that was ' +
        'reused is charged what its evaluation took. Studies may differ in trials and seconds: compare them at equal ' +
        'cost, in the curves.',
    ];
  }
  const repeated = 'An architecture that a run evaluates again is charged again.';
  if (budget.seconds === null) return [`Every trial counts, failed children too. ${repeated}`];
  const shared =
    budget.clock === 'measured'
      ? ' Strategies share results; each is charged the seconds that the evaluation took when it was made.'
      : '';
  return [
    'A trial counts if it is complete within the budget. The first that would overshoot it is neither counted nor ' +
      `told to the strategy, and ends the run. ${repeated}${shared}`,
  ];
}

function finalsText({ facts: { finals } }: ComparisonAnalysis): string {
  const columns = [
    finals?.validation == null ? [] : [`validation: ${finals.validation}`],
    finals?.test == null ? [] : [`test: ${finals.test}`],
  ];
  return columns.flat().join(', ');
}
