import { join } from 'node:path';
import { renderSvg } from '../compare/charts/render.ts';
import { toHtml, toMarkdown } from '../compare/document.ts';
import { replaceFile } from '../compare/replace-file.ts';
import { classifierParts } from './classifier-report.ts';
import { languageModelParts } from './language-model-report.ts';
import { reportBlocks, titleOf } from './report-blocks.ts';
import type { ReportParts, RetrainFindings } from './report-parts.ts';

/**
 * Writes report.html (one file, for any browser), report.md and its drawings: training.svg, and confusion.svg and
 * network.svg of a convolutional network, cell.svg of a recurrent cell. The same findings give the same bytes.
 * @returns their paths, the report first
 * @throws ReportNotWrittenError
 */
export async function writeRetrainReport(
  findings: RetrainFindings,
  directory: string,
): Promise<readonly string[]> {
  const parts = partsOf(findings);
  const drawings = new Map(parts.drawings);
  for (const { name, spec } of parts.charts) drawings.set(name, await renderSvg(spec, name));
  const blocks = reportBlocks(findings, parts);
  const contents = new Map([
    ['report.html', toHtml(titleOf(findings, parts), blocks, drawings)],
    ['report.md', toMarkdown(blocks)],
    ...[...drawings].map(([name, svg]) => [`${name}.svg`, svg] as const),
  ]);
  for (const [name, content] of contents) await replaceFile(directory, name, content);
  return [...contents.keys()].map((name) => join(directory, name));
}

function partsOf({ plan, runs, final, test, draw, drawCell }: RetrainFindings): ReportParts {
  const { label } = plan.subject;
  if (plan.final.kind === 'classifier' && final.kind === 'classifier' && test.metric === 'accuracy')
    return classifierParts(plan.final, final, test, { label, draw });
  if (
    plan.final.kind === 'language-model' &&
    final.kind === 'language-model' &&
    test.metric === 'perplexity'
  ) {
    const drawing = drawCell === undefined ? {} : { drawCell };
    return languageModelParts(plan.final, final, test, { label, runs, ...drawing });
  }
  throw new Error(
    `a retraining of kind ${plan.final.kind} has a result of kind ${final.kind} (${test.metric})`,
  );
}
