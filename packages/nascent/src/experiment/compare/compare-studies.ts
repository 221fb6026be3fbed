import { NascentError } from '../../errors.ts';
import { DEFAULT_REWARD, metricOfReward } from '../../reinforce/reward.ts';
import { canonicalJson } from '../../search-space/canonical-json.ts';
import { openStore, studyNameOf } from '../../store/open-store.ts';
import type { StudyRecord } from '../../store/store.ts';
import { describeStrategy } from '../../study/compared-strategies.ts';
import { parseConfig, type StudyConfig } from '../../study/config.ts';
import type { TrialRecord } from '../../trial/record.ts';
import type { ComparisonFacts, SearchRun } from '../../trial/search-run.ts';
import { type ReportSummary, writeReport } from './report.ts';
import { runOfStudy, strategyLabel } from './run-of-study.ts';

/** Studies whose results do not compare. */
export class StudiesDifferError extends NascentError {
  constructor(first: string, other: string, what: string) {
    super(
      'STUDIES_DIFFER',
      `${first} and ${other} have different ${what}: their results do not compare. ` +
        'Compare studies of one search space under one evaluator.',
    );
  }
}

interface ReadStudy {
  readonly location: string;
  readonly study: StudyRecord;
  readonly config: StudyConfig;
  readonly trials: readonly TrialRecord[];
}

/**
 * Reports on studies that were searched already, each of them one run; those of one strategy are told apart by
 * their seeds. Reads the studies and changes nothing in them.
 * @param locations paths of study files or URLs of studies, at least one
 * @param outDirectory made where it does not exist
 * @throws StudiesDifferError, NoRunsError, DuplicateRunError, ReportNotWrittenError, the errors of `store/errors.ts`
 */
export async function compareStudies(
  locations: readonly string[],
  outDirectory: string,
): Promise<ReportSummary> {
  const studies: ReadStudy[] = [];
  for (const location of locations) studies.push(await readStudy(location));
  refuseDifferent(studies);
  const labels = labelsOf(studies);
  const runs = studies.map(({ study, trials }, at): SearchRun => {
    const label = labels[at]?.label;
    return runOfStudy(study, trials, label === undefined ? {} : { label });
  });
  return writeReport(factsOf(studies, labels), runs, outDirectory);
}

async function readStudy(location: string): Promise<ReadStudy> {
  const store = await openStore(location, { access: 'read' });
  try {
    const study = await store.study(studyNameOf(location));
    const config = parseConfig(study.config, `the config of the study in ${store.location}`);
    return { location: store.location, study, config, trials: await store.trials(study.id) };
  } finally {
    await store.close();
  }
}

/** @throws StudiesDifferError */
function refuseDifferent([first, ...others]: readonly ReadStudy[]): void {
  if (first === undefined) return;
  for (const other of others) {
    const differing = (what: string, of: (read: ReadStudy) => unknown): void => {
      if (canonicalJson(of(first)) === canonicalJson(of(other))) return;
      throw new StudiesDifferError(first.location, other.location, what);
    };
    differing('search spaces', ({ study }) => study.space);
    differing('evaluators, or evaluators with different options', ({ study }) => study.evaluatorIdentity);
    differing('rewards', ({ config }) => config.reward);
    differing('data', ({ study }) => study.datasetChecksum);
  }
}

interface Label {
  readonly label: string;
  readonly description: string;
}

/** One label for one strategy with one set of options: others under the same name get a number. */
function labelsOf(studies: readonly ReadStudy[]): readonly Label[] {
  const variants = new Map<string, string[]>();
  return studies.map(({ study, config: { strategy } }) => {
    const name = strategyLabel(study);
    const known = variants.get(name) ?? [];
    variants.set(name, known);
    const options = canonicalJson(strategy.options ?? {});
    if (!known.includes(options)) known.push(options);
    const variant = known.indexOf(options);
    const label = variant === 0 ? name : `${name} (${variant + 1})`;
    return { label, description: describeStrategy({ label, ...strategy }) };
  });
}

function factsOf(studies: readonly ReadStudy[], labels: readonly Label[]): ComparisonFacts {
  const trials = studies.flatMap((read) => read.trials);
  const configs = studies.map(({ config }) => config);
  const budgets = new Set(configs.map(({ budget }) => budget?.seconds ?? null));
  const [seconds = null] = budgets;
  const [space] = studies.map(({ study }) => study.space);
  return {
    space: space === undefined ? '' : `${space.name}, version ${space.version}`,
    strategies: new Map(labels.map(({ label, description }) => [label, description])),
    metric: metricOfReward(configs[0]?.reward ?? DEFAULT_REWARD),
    scoreSplit: trials.some(({ score }) => score?.split === 'benchmark') ? 'benchmark' : 'validation',
    finals: null,
    separateStudies: true,
    warmStart: [...new Set(configs.map(({ warmStart = [] }) => warmStart.length))].sort((a, b) => a - b),
    budget: {
      trials: Math.max(...configs.map((config) => config.trials)),
      seconds: budgets.size === 1 ? seconds : null,
      clock: trials.some(({ facts }) => facts['simulatedSeconds'] !== undefined) ? 'simulated' : 'measured',
    },
  };
}
