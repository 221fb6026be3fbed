import type { StudyConfigInput } from '../../study/config.ts';
import { type ReportSummary, writeReport } from './report.ts';
import { type ComparedRuns, type RunComparisonOptions, runComparison } from './run-comparison.ts';

/** A comparison with its report. */
export interface Comparison extends ComparedRuns {
  /** Null where the comparison was interrupted: a report of what happens to be there would compare unequal things. */
  readonly report: ReportSummary | null;
}

/**
 * Compares strategies: makes the runs that are missing, then writes the report of those that were asked for into
 * the same directory. Run it again to go on after an interruption, or with more seeds and strategies.
 * @throws as `runComparison`; ReportNotWrittenError
 */
export async function compare(config: StudyConfigInput, options: RunComparisonOptions): Promise<Comparison> {
  const compared = await runComparison(config, options);
  if (compared.interrupted) return { ...compared, report: null };
  options.onEvent?.({ kind: 'reporting' });
  return { ...compared, report: await writeReport(compared.facts, compared.runs, options.out) };
}
