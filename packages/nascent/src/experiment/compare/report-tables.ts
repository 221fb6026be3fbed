import type { ComparisonAnalysis } from './analysis.ts';
import type { Block } from './document.ts';
import type { FinalRow, TestedDifference } from './final-table.ts';
import { nameOfKind, type ScoreKind } from './score-kind.ts';
import { decimal, intervalText, NOTHING, pCell, shownScale, spreadText } from './score-text.ts';

type Table = Extract<Block, { readonly kind: 'table' }>;

/** Scores of what the runs chose, and how they differ from the reference. */
export function finalScoreTable(analysis: ComparisonAnalysis): Table {
  const { facts, rows, reference } = analysis;
  const kinds = (['search', 'validation', 'test'] as const).filter((kind) =>
    rows.some(({ scores }) => scores[kind] !== null),
  );
  const compared = rows.length > 1;
  return {
    kind: 'table',
    head: [
      'strategy',
      'seeds',
      ...kinds.map((kind) => headOf(analysis, kind)),
      ...(compared ? [`better than ${reference} by`, 'p', 'sign-flip p', 'd_z', 'pairs'] : []),
    ],
    rows: rows.map((row) => [
      row.strategy,
      String(row.seeds),
      ...kinds.map((kind) => spreadText(row.scores[kind], facts.metric)),
      ...(compared ? differenceCells(row.againstReference, analysis) : []),
    ]),
  };
}

function headOf({ facts }: ComparisonAnalysis, kind: ScoreKind): string {
  return nameOfKind(facts, kind).replace(` ${facts.metric}`, '');
}

/** Difference with interval, p, sign-flip p, d_z, pairs. */
function differenceCells(difference: TestedDifference | null, { facts }: ComparisonAnalysis): string[] {
  if (difference === null) return Array.from({ length: 5 }, () => NOTHING);
  const { comparison, correctedP } = difference;
  return [
    intervalText(comparison.mean, comparison.interval, shownScale(facts.metric)),
    correctedP === null ? NOTHING : pCell(correctedP),
    comparison.signFlip === null ? NOTHING : pCell(comparison.signFlip.p),
    comparison.dz === null ? NOTHING : decimal(comparison.dz, 2),
    String(comparison.pairs),
  ];
}

export function pairTable(analysis: ComparisonAnalysis): Table {
  return {
    kind: 'table',
    head: ['pair', 'difference', 'p', 'sign-flip p', 'd_z', 'pairs'],
    rows: analysis.pairs.map((pair) => [`${pair.a} − ${pair.b}`, ...differenceCells(pair, analysis)]),
  };
}

/** What the searches did, means over runs. */
export function searchTable({ rows }: ComparisonAnalysis): Table {
  return {
    kind: 'table',
    head: [
      'strategy',
      'configured as',
      'trials a run',
      'distinct architectures',
      'repeats',
      'seconds charged',
      'policy moved, nats (KL)',
      'not moved',
      'strategy, ms a trial',
    ],
    rows: rows.map((row) => [
      row.strategy,
      row.description,
      decimal(row.trials, 1),
      decimal(row.distinctArchitectures, 1),
      `${decimal(100 * row.repeats, 1)} %`,
      decimal(row.seconds, row.seconds < 10 ? 2 : 0),
      ...policyCells(row),
      row.strategyMsPerTrial === null ? NOTHING : decimal(row.strategyMsPerTrial, 2),
    ]),
  };
}

function policyCells({ policy }: FinalRow): [string, string] {
  if (policy === null) return [NOTHING, NOTHING];
  const { kl, notMoved, runs } = policy;
  const spread =
    kl === null ? NOTHING : decimal(kl.mean, 3) + (kl.std === null ? '' : ` ± ${decimal(kl.std, 3)}`);
  return [spread, `${notMoved} of ${runs}`];
}
