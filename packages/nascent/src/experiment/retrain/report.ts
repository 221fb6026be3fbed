import { join } from 'node:path';
import { describeArchitecture, InvalidArchitectureError } from '../../search-space/index.ts';
import { renderSvg } from '../compare/charts/render.ts';
import { toHtml, toMarkdown } from '../compare/document.ts';
import { replaceFile } from '../compare/replace-file.ts';
import { confusionChart } from './confusion-chart.ts';
import { type RetrainFindings, reportBlocks, titleOf, validationName } from './report-blocks.ts';
import { trainingChart } from './training-chart.ts';

/**
 * Writes report.html (one file, for any browser), report.md and its drawings training.svg, confusion.svg and
 * network.svg. The same findings give the same bytes.
 * @returns their paths, the report first
 * @throws ReportNotWrittenError
 */
export async function writeRetrainReport(
  findings: RetrainFindings,
  directory: string,
): Promise<readonly string[]> {
  const { plan, final, test, draw } = findings;
  const network = describeArchitecture(plan.subject.architecture, final.image);
  if (network === null)
    throw new InvalidArchitectureError(`${plan.subject.label} is no network that can be described.`);
  const { recipe } = final;
  const figures = [
    trainingChart(final.curve, {
      decays: recipe.schedule === 'step' ? recipe.decayAt.map((at) => at * recipe.epochs) : [],
      validation: validationName(final, plan.final.images === 'train+validation'),
    }),
    confusionChart(test.confusion, final.classNames),
  ];
  const drawings = new Map([['network', draw(network)]]);
  for (const { name, spec } of figures) drawings.set(name, await renderSvg(spec, name));
  const captions = new Map([
    ['network', `${plan.subject.label}, from the image to the classifier.`],
    ...figures.map(({ name, caption }) => [name, caption] as const),
  ]);
  const blocks = reportBlocks(findings, network, captions);
  const contents = new Map([
    ['report.html', toHtml(titleOf(findings), blocks, drawings)],
    ['report.md', toMarkdown(blocks)],
    ...[...drawings].map(([name, svg]) => [`${name}.svg`, svg] as const),
  ]);
  for (const [name, content] of contents) await replaceFile(directory, name, content);
  return [...contents.keys()].map((name) => join(directory, name));
}
