import type { CampaignReport } from '../../packages/nascent/test/faults/campaign.ts';

export const reportHead =
  '| fault | faults | studies | trials | re-runs | late results refused | recovery, s: median / p90 / max | violations | took, s |\n' +
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- |';

/** A row of the table in faults.md. */
export function reportRow(
  kind: string,
  what: string,
  report: Omit<CampaignReport, 'recoveries'> & {
    readonly recoveries: ReadonlyMap<string, readonly (number | null)[]>;
  },
  seconds: number,
): string {
  const all = [...report.recoveries.values()].flat();
  const measured = all.filter((value) => value !== null).sort((a, b) => a - b);
  const at = (share: number): string => {
    const value = measured[Math.ceil(share * measured.length) - 1];
    return value === undefined ? '–' : (value / 1000).toFixed(2);
  };
  const { studies, trials, reruns, refused, violations } = report;
  const cells = [
    `${kind}: ${what}`,
    all.length,
    studies,
    trials,
    reruns,
    refused,
    `${at(0.5)} / ${at(0.9)} / ${at(1)}`,
    violations.length,
    seconds.toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}
