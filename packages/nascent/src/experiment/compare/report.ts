import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparisonFacts, SearchRun } from '../../trial/search-run.ts';
import { analyseComparison, type ComparisonAnalysis } from './analysis.ts';
import { comparisonFigures, FIGURE_NAMES } from './charts/comparison-figures.ts';
import { renderSvg } from './charts/render.ts';
import { toHtml, toMarkdown } from './document.ts';
import type { FinalRow } from './final-table.ts';
import { ReportNotWrittenError, replaceFile } from './replace-file.ts';
import { reportBlocks, titleOf } from './report-blocks.ts';
import { finalScoreTable } from './report-tables.ts';
import { runsCsv } from './runs-csv.ts';
import type { ScoreKind } from './score-kind.ts';

/** What a report found, for whoever prints it. */
export interface ReportSummary {
  /** The strategy that the others are compared with. */
  readonly reference: string;
  /** The score by which they are compared. */
  readonly primary: ScoreKind;
  readonly rows: readonly FinalRow[];
  /** The final table as text. */
  readonly table: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** The findings, a sentence each. */
  readonly verdicts: readonly string[];
  /** Paths of the files written, the report first. */
  readonly files: readonly string[];
}

/**
 * Writes report.md, report.html (one file, for any browser), report.json, runs.csv and a .svg for each chart.
 * The same runs give the same bytes. An earlier report in the directory is replaced.
 * @param outDirectory made where it does not exist
 * @throws NoRunsError, DuplicateRunError, ReportNotWrittenError
 */
export async function writeReport(
  facts: ComparisonFacts,
  runs: readonly SearchRun[],
  outDirectory: string,
): Promise<ReportSummary> {
  const analysis = analyseComparison(facts, runs);
  const figures = comparisonFigures(analysis);
  const drawings = new Map<string, string>();
  for (const { name, spec } of figures) drawings.set(name, await renderSvg(spec, name));
  const blocks = reportBlocks(analysis, figures);
  const contents = new Map([
    ['report.md', toMarkdown(blocks)],
    ['report.html', toHtml(titleOf(analysis), blocks, drawings)],
    ['report.json', reportJson(analysis)],
    ['runs.csv', runsCsv(inReportOrder(analysis, runs))],
    ...[...drawings].map(([name, svg]) => [`${name}.svg`, svg] as const),
  ]);
  await makeDirectory(outDirectory);
  for (const [name, content] of contents) await replaceFile(outDirectory, name, content);
  // A chart of an earlier report that this one leaves out would be taken for its own.
  const stale = FIGURE_NAMES.filter((name) => !drawings.has(name));
  for (const name of stale) await rm(join(outDirectory, `${name}.svg`), { force: true });
  const { head, rows } = finalScoreTable(analysis);
  return {
    reference: analysis.reference,
    primary: analysis.primary,
    rows: analysis.rows,
    table: { head, rows },
    verdicts: analysis.verdicts,
    files: [...contents.keys()].map((name) => join(outDirectory, name)),
  };
}

function inReportOrder({ rows }: ComparisonAnalysis, runs: readonly SearchRun[]): readonly SearchRun[] {
  const place = new Map(rows.map(({ strategy }, at) => [strategy, at]));
  const placeOf = ({ strategy }: SearchRun) => place.get(strategy) ?? rows.length;
  return [...runs].sort((a, b) => placeOf(a) - placeOf(b) || a.seed - b.seed);
}

/** Everything but the single architectures, which runs.csv and the comparison itself have. */
function reportJson({ facts, correlation, ...analysis }: ComparisonAnalysis): string {
  const json = {
    facts: { ...facts, strategies: Object.fromEntries(facts.strategies) },
    ...analysis,
    correlation:
      correlation === null
        ? null
        : { final: correlation.final, overall: correlation.overall, byStrategy: correlation.byStrategy },
  };
  // JSON has no infinity; t has none where all differences are equal.
  const finite = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  return `${JSON.stringify(json, finite, 1)}\n`;
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new ReportNotWrittenError(path, cause);
  }
}
