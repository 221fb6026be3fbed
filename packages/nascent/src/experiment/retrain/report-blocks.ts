import { nascentVersion } from '../../version.ts';
import type { Block } from '../compare/document.ts';
import { figure, heading, listed, type ReportParts, type RetrainFindings, whole } from './report-parts.ts';

export function titleOf({ plan }: RetrainFindings, { headline }: ReportParts): string {
  return `${plan.subject.label} retrained: ${headline}`;
}

/** The report. Its figures are `training` and those of the parts. */
export function reportBlocks(findings: RetrainFindings, parts: ReportParts): readonly Block[] {
  const { final } = findings;
  const [training] = parts.charts;
  return [
    heading(titleOf(findings, parts), 1),
    resultTable(findings, parts),
    { kind: 'paragraph', text: testSentence(findings) },
    ...parts.subject,
    heading('Grid search'),
    { kind: 'paragraph', text: gridSentence(findings, parts) },
    gridTable(findings, parts),
    heading('Final training'),
    ...(training === undefined ? [] : [figure(training.name, training.caption)]),
    recipeTable(final.recipe),
    ...parts.test,
    heading('How it was made'),
    { kind: 'list', items: provenance(findings, parts) },
  ];
}

function resultTable({ final }: RetrainFindings, { results }: ReportParts): Block {
  const last = final.curve.at(-1);
  return {
    kind: 'table',
    head: ['', 'value'],
    rows: [
      ...results,
      ['epochs', whole(final.curve.length)],
      ['seconds of training', last === undefined ? '–' : whole(last.elapsedMs / 1000)],
    ],
  };
}

function testSentence({ test, openings }: RetrainFindings): string {
  const day = test.openedAt.slice(0, 16).replace('T', ' ');
  const once = `The test set was opened once for this network, after training (${day} UTC).`;
  const cut =
    test.cutOff === 0
      ? once
      : `The test set was opened ${test.cutOff + 1} times for this network: ${test.cutOff} time${test.cutOff === 1 ? ' was' : 's were'} cut off ` +
        `before a result was stored, and the same weights were tested again (${day} UTC).`;
  if (openings === null) return cut;
  return openings <= test.cutOff + 1
    ? `${cut} Nothing else of this search has been tested.`
    : `${cut} The log of the search has ${openings} openings in all: other networks of it, or other retrainings of this ` +
        'one, were tested too, so the best of their scores is optimistic.';
}

function gridSentence({ runs, final, plan }: RetrainFindings, { judge }: ReportParts): string {
  const { lastEpochs } = plan.grid.reward;
  const best = lastEpochs === 1 ? 'after the last epoch' : `best of the last ${lastEpochs} epochs`;
  return (
    `${runs.length} run${runs.length === 1 ? '' : 's'} of ${plan.gridEpochs} epoch${plan.gridEpochs === 1 ? '' : 's'}, judged by ${judge} (${best}). ` +
    `Run ${final.run} is the best.`
  );
}

function gridTable({ runs, final }: RetrainFindings, { grid, judge, score }: ReportParts): Block {
  return {
    kind: 'table',
    head: ['run', ...grid.head, judge, 'seconds'],
    rows: runs.map(({ number, architecture, score: found, state, outcome, seconds }) => [
      number === final.run ? `${number} (best)` : String(number),
      ...grid.cells(architecture),
      found === null ? (outcome?.kind ?? state) : score(found.value),
      seconds === null ? '–' : whole(seconds),
    ]),
  };
}

function recipeTable(recipe: object): Block {
  return {
    kind: 'table',
    head: ['recipe', 'value'],
    rows: Object.entries(recipe).map(([name, value]) => [name, recipeValue(value)]),
  };
}

function recipeValue(value: unknown): string {
  if (Array.isArray(value)) return listed(value);
  if (value === null) return 'none';
  if (typeof value !== 'object') return String(value);
  return listed(Object.entries(value).map(([name, part]) => `${name} ${part}`));
}

function provenance({ plan, final, study, command }: RetrainFindings, parts: ReportParts): string[] {
  const [training, test] = parts.checksums;
  const what = final.kind === 'classifier' ? 'images' : 'text';
  return [
    `Command: ${command}`,
    `Network: ${plan.subject.tokens ?? JSON.stringify(plan.subject.architecture)}`,
    `Seeds: ${plan.grid.seed} of the retraining, ${plan.final.seed} of the final training.`,
    ...parts.data,
    `Checksum (SHA-256) of the training ${what}: ${training}`,
    `Checksum (SHA-256) of the test ${what}: ${test}`,
    `Nascent ${nascentVersion()} (grid begun with ${study.codeVersion}); ${final.threads} engine thread${final.threads === 1 ? '' : 's'} in the final training: another number gives other bits.`,
  ];
}
