import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NetworkDescription, RecurrentCellArchitecture } from '../../search-space/index.ts';
import { openStore, studyNameOf } from '../../store/open-store.ts';
import type { Store, StudyRecord } from '../../store/store.ts';
import { StudyRunningError } from '../../study/errors.ts';
import { type RunningProcess, thisProcess } from '../../study/this-process.ts';
import { liveness } from '../../trial/owner.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { threadsPerWorker } from '../../workers/worker-environment.ts';
import { ReportNotWrittenError } from '../compare/replace-file.ts';
import type { FinalTraining } from './final-training.ts';
import { FINAL_TRAINED, type FinishedTraining, finishedTraining } from './finished.ts';
import { bestRun, gridSearch, gridStudyOf } from './grid-search.ts';
import { openTraining } from './open-training.ts';
import type { RetrainPlan } from './plan.ts';
import { writeRetrainReport } from './report.ts';
import type { RetrainEvent } from './retrain-event.ts';
import { TEST_OPENED, type TestLog, type TestResult, testedSoFar, testOnce } from './test-once.ts';

export interface RetrainOptions {
  /** Directory of this retraining, made where it does not exist. */
  readonly out: string;
  /** A relative path of the data starts here. */
  readonly configDirectory: string;
  /** The study that the network comes from: its log hears of the test set. Null where it comes from none. */
  readonly searchStudy: string | null;
  /** Draws the network as SVG, for the report. */
  readonly draw: (network: NetworkDescription) => string;
  /** Draws the cell as SVG, for the report; without it the report has its formulas alone. */
  readonly drawCell?: (cell: RecurrentCellArchitecture) => string;
  /** How it was started, for the report. */
  readonly command: string;
  /** Engine threads of the final training; the machine's cores by default. Another number, other bits. */
  readonly threads?: number | undefined;
  readonly signal: AbortSignal;
  readonly onEvent?: (event: RetrainEvent) => void;
  /** Takes the grid's study from an owner on another machine. */
  readonly takeOver?: boolean;
}

export interface RetrainResult {
  /** In which part it was interrupted; the same call goes on from there. Null where it is done. */
  readonly interrupted: 'grid' | 'final' | 'test' | null;
  /** The grid's runs so far. */
  readonly runs: readonly TrialRecord[];
  /** Null until the final training is done. */
  readonly final: FinishedTraining | null;
  /** Null until the network is tested. */
  readonly test: TestResult | null;
  /** Whether everything was done already, so that nothing was trained or opened now. */
  readonly stored: boolean;
  /** Paths of what was written: the model and the report. */
  readonly files: readonly string[];
}

/**
 * Finishes a network or a recurrent cell (Zoph & Le 2017, §4.1, §4.2): a grid search over recipes, a final training
 * with the best of them, the test set opened once, a report. Each part is resumed where an earlier call was
 * interrupted or killed; called again when all is done, it tells the stored result and opens nothing.
 *
 * Leaves in `out`: grid.db (a study), checkpoint.safetensors, model.safetensors, report.html and report.md with its
 * drawings.
 * @throws RetrainChangedError, RetrainFailedError, CheckpointError, StudyRunningError, DatasetError, the errors of
 *   `store/errors.ts`
 */
export async function retrain(plan: RetrainPlan, options: RetrainOptions): Promise<RetrainResult> {
  const { out, configDirectory, signal, onEvent = () => {}, takeOver = false } = options;
  await makeDirectory(out);
  const searchStore = options.searchStudy === null ? null : await openStore(options.searchStudy, writing);
  try {
    const location = gridStudyOf(out);
    const grid = await gridSearch(plan, location, {
      directory: out,
      configDirectory,
      signal,
      takeOver,
      onEvent: (event) => onEvent({ kind: 'grid', event }),
    });
    const nothing = { final: null, test: null, stored: false, files: [] };
    if (grid.interrupted) return { interrupted: 'grid', runs: grid.trials, ...nothing };
    const store = await openStore(location, writing);
    try {
      return await owning(store, takeOver, async (study) => {
        await removeHalfWritten(out);
        const finishing = new Finishing(
          plan,
          { ...options, onEvent },
          grid.trials,
          store,
          study,
          searchStore,
        );
        return finishing.run();
      });
    } finally {
      await store.close();
    }
  } finally {
    await searchStore?.close();
  }
}

const writing = { access: 'write' } as const;

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new ReportNotWrittenError(path, cause);
  }
}

/** What a process left that was killed while it wrote. Nobody else writes here: the study is ours. */
async function removeHalfWritten(directory: string): Promise<void> {
  const half = /^\.(checkpoint\.safetensors|model\.safetensors|report\.\w+|\w+\.svg)\.\d+\.tmp$/;
  for (const name of await readdir(directory))
    if (half.test(name)) await rm(join(directory, name), { force: true });
}

/** Two processes must not write one checkpoint. @throws StudyRunningError */
async function owning<T>(
  store: Store,
  takeOver: boolean,
  use: (study: StudyRecord) => Promise<T>,
  process: RunningProcess = thisProcess(),
): Promise<T> {
  const study = await store.study();
  const judge = (owner: Parameters<typeof liveness>[0]) => liveness(owner, process.machine);
  const claim = await store.claim(study.id, process.identity, judge, takeOver);
  if (!claim.claimed) throw new StudyRunningError(store.location, claim.owner, claim.liveness);
  try {
    return await use(study);
  } finally {
    await store.release(study.id, process.identity);
  }
}

/** What comes after the grid. */
class Finishing {
  readonly #plan: RetrainPlan;
  readonly #options: RetrainOptions & { readonly onEvent: (event: RetrainEvent) => void };
  readonly #runs: readonly TrialRecord[];
  readonly #store: Store;
  readonly #study: StudyRecord;
  readonly #searchStore: Store | null;

  constructor(
    plan: RetrainPlan,
    options: RetrainOptions & { readonly onEvent: (event: RetrainEvent) => void },
    runs: readonly TrialRecord[],
    store: Store,
    study: StudyRecord,
    searchStore: Store | null,
  ) {
    this.#plan = plan;
    this.#options = options;
    this.#runs = runs;
    this.#store = store;
    this.#study = study;
    this.#searchStore = searchStore;
  }

  async run(): Promise<RetrainResult> {
    const { out, signal } = this.#options;
    const log = await this.#store.logEntries(this.#study.id);
    const before = { final: finishedTraining(log), test: testedSoFar(log).result };
    const model = join(out, 'model.safetensors');
    if (before.final !== null && before.test !== null && existsSync(model))
      return this.#report(before.final, before.test, model, true);
    const best = bestRun(this.#runs);
    const training = await this.#open(best);
    let final: FinishedTraining | null = null;
    try {
      final = await this.#train(training, best, model, before.final);
      const test = await this.#test(training);
      return await this.#report(final, test, model, false);
    } catch (thrown) {
      if (!signal.aborted || thrown !== signal.reason) throw thrown;
      const interrupted = final === null ? 'final' : 'test';
      return { interrupted, runs: this.#runs, final, test: null, stored: false, files: [] };
    } finally {
      training.dispose();
    }
  }

  async #open(best: TrialRecord): Promise<FinalTraining> {
    const { subject, final } = this.#plan;
    return openTraining(final, best.architecture, {
      label: subject.label,
      tokens: subject.tokens,
      checkpoint: join(this.#options.out, 'checkpoint.safetensors'),
      configDirectory: this.#options.configDirectory,
      datasetChecksum: this.#study.datasetChecksum ?? '',
      threads: this.#options.threads ?? threadsPerWorker(1),
    });
  }

  async #train(
    training: FinalTraining,
    best: TrialRecord,
    model: string,
    before: FinishedTraining | null,
  ): Promise<FinishedTraining> {
    const { onEvent, signal } = this.#options;
    const { facts } = training;
    onEvent({ kind: 'final-started', facts, done: training.curve.length });
    await training.train(signal, (report, saved) =>
      onEvent({ kind: 'final-epoch', report, epochs: facts.recipe.epochs, saved }),
    );
    training.saveModel(model);
    if (before !== null) return before;
    const finished = training.finished(best.number);
    await this.#store.log(this.#study.id, FINAL_TRAINED, { ...finished });
    return finished;
  }

  async #test(training: FinalTraining): Promise<TestResult> {
    const { out, signal, onEvent } = this.#options;
    const detail = { network: this.#plan.subject.label, tokens: this.#plan.subject.tokens, directory: out };
    const own: TestLog = { store: this.#store, study: this.#study.id, detail };
    const logs: [TestLog, ...TestLog[]] = [own];
    if (this.#searchStore !== null) {
      const { id } = await this.#searched(this.#searchStore);
      logs.push({ store: this.#searchStore, study: id, detail });
    }
    signal.throwIfAborted(); // before it is opened, not after
    return testOnce(logs, async (cutOff) => {
      onEvent({ kind: 'testing', cutOff });
      return training.test();
    });
  }

  async #report(
    final: FinishedTraining,
    test: TestResult,
    model: string,
    stored: boolean,
  ): Promise<RetrainResult> {
    const { out, draw, drawCell, command, onEvent } = this.#options;
    onEvent({ kind: 'reporting' });
    const report = await writeRetrainReport(
      {
        plan: this.#plan,
        runs: this.#runs,
        final,
        test,
        openings: await this.#openings(),
        study: this.#study,
        command,
        draw,
        ...(drawCell === undefined ? {} : { drawCell }),
      },
      out,
    );
    return { interrupted: null, runs: this.#runs, final, test, stored, files: [model, ...report] };
  }

  /** How often the test set was opened for networks of the same search; null where there is no search. */
  async #openings(): Promise<number | null> {
    if (this.#searchStore === null) return null;
    const { id } = await this.#searched(this.#searchStore);
    return (await this.#searchStore.logEntries(id)).filter(({ kind }) => kind === TEST_OPENED).length;
  }

  /** The search's study: the one that its URL names, of a file the only one. */
  #searched(store: Store): Promise<StudyRecord> {
    const { searchStudy } = this.#options;
    return store.study(searchStudy === null ? undefined : studyNameOf(searchStudy));
  }
}
