import type { NetworkDescription, RecurrentCellArchitecture } from '../../search-space/index.ts';
import type { StudyRecord } from '../../store/store.ts';
import type { TrialRecord } from '../../trial/record.ts';
import type { Figure } from '../compare/charts/figure.ts';
import type { Block } from '../compare/document.ts';
import type { FinishedTraining } from './finished.ts';
import type { RetrainPlan } from './plan.ts';
import type { TestResult } from './test-once.ts';

/** What a report is written from. */
export interface RetrainFindings {
  readonly plan: RetrainPlan;
  /** The grid's runs. */
  readonly runs: readonly TrialRecord[];
  readonly final: FinishedTraining;
  readonly test: TestResult;
  /** Openings of the test set for networks of the same search; null where there is no search. */
  readonly openings: number | null;
  /** The grid's study. */
  readonly study: StudyRecord;
  readonly command: string;
  readonly draw: (network: NetworkDescription) => string;
  readonly drawCell?: (cell: RecurrentCellArchitecture) => string;
}

/** What differs between the reports of different kinds of networks. */
export interface ReportParts {
  /** `test accuracy 80.00 %` */
  readonly headline: string;
  /** Rows of the table of results: name and value. */
  readonly results: readonly (readonly [string, string])[];
  /** What was retrained, with its heading. */
  readonly subject: readonly Block[];
  /** By what the grid's runs are judged. */
  readonly judge: string;
  /** A run's score. */
  readonly score: (value: number) => string;
  /** What the grid varies: the head of its columns, and a run's cells. */
  readonly grid: {
    readonly head: readonly string[];
    readonly cells: (choice: unknown) => readonly string[];
  };
  /** What the test set said, with its heading. */
  readonly test: readonly Block[];
  /** The data, for the list of how it was made. */
  readonly data: readonly string[];
  /** Of the training data, and of the test data. */
  readonly checksums: readonly [training: string, test: string];
  /** The curves of the final training first. */
  readonly charts: readonly Figure[];
  /** SVG by name of figure, but for those of the charts. */
  readonly drawings: ReadonlyMap<string, string>;
}

export function figure(name: string, caption: string): Block {
  return { kind: 'figure', name, caption };
}

export function heading(text: string, level: 1 | 2 = 2): Block {
  return { kind: 'heading', level, text };
}

export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function listed(values: readonly unknown[]): string {
  return values.join(', ');
}
