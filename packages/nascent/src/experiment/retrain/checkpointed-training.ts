import type { Module } from '@nascent/torch';
import { loadCheckpoint, saveCheckpoint, type TrainingIdentity } from '../../child/checkpoint.ts';
import type { ResumePoint, TrainingContext } from '../../child/train-classifier.ts';
import type { EpochReport, Outcome } from '../../evaluation/evaluation.ts';
import { RetrainChangedError, RetrainFailedError } from './errors.ts';
import type { FinalTrainingOptions, OnEpoch } from './final-training.ts';

/** What of a plan and its recipe a training with checkpoints needs. */
export interface Course {
  readonly seed: number;
  readonly epochs: number;
  /** Epochs between checkpoints; the last epoch has one in any case. */
  readonly checkpointEvery: number;
}

/**
 * Refuses data that are not those that the grid saw.
 * @throws RetrainChangedError
 */
export function refuseOtherData(
  { datasetChecksum, checkpoint }: FinalTrainingOptions,
  checksum: string,
): void {
  if (checksum === datasetChecksum) return;
  throw new RetrainChangedError(
    checkpoint,
    'the content of the data set (its checksum)',
    datasetChecksum.slice(0, 12),
    checksum.slice(0, 12),
  );
}

/** The epochs of a final training: taken up from its checkpoint, trained, and written to it. */
export class CheckpointedTraining {
  readonly #options: FinalTrainingOptions;
  readonly #course: Course;
  readonly #network: Module;
  readonly #identity: TrainingIdentity;
  #curve: readonly EpochReport[] = [];
  #resume: ResumePoint | undefined;

  /** @param network its weights are restored, saved and not owned */
  constructor(options: FinalTrainingOptions, course: Course, network: Module, identity: TrainingIdentity) {
    this.#options = options;
    this.#course = course;
    this.#network = network;
    this.#identity = identity;
  }

  /** One report for each epoch done. */
  get curve(): readonly EpochReport[] {
    return this.#curve;
  }

  /** Takes up the checkpoint, if there is one. @throws CheckpointError */
  takeUp(): void {
    const checkpoint = loadCheckpoint(this.#options.checkpoint, this.#identity);
    if (checkpoint === null) return;
    const { network, optimiser, curve, epoch } = checkpoint;
    this.#network.loadStateDict(network);
    for (const tensor of network.values()) tensor.dispose();
    this.#curve = curve;
    this.#resume = { epoch, optimiser };
  }

  /**
   * Trains to the last epoch.
   * @param train what trains, in this context
   * @param advice where training diverged
   * @throws signal.reason when the signal is aborted; RetrainFailedError where training diverged; CheckpointError
   */
  async train(
    train: (context: TrainingContext) => Promise<Outcome>,
    signal: AbortSignal,
    onEpoch: OnEpoch,
    advice: string,
  ): Promise<void> {
    const { seed, epochs, checkpointEvery } = this.#course;
    const before = this.#curve.at(-1)?.elapsedMs ?? 0;
    const outcome = await train({
      seed,
      signal,
      limitMs: null,
      resume: this.#resume,
      report: (report) => {
        this.#curve = [...this.#curve, { ...report, elapsedMs: before + report.elapsedMs }];
      },
      checkpoint: ({ epoch, optimiser }) => {
        const due = epoch % checkpointEvery === 0 || epoch === epochs;
        const network = this.#network.stateDict();
        const path = this.#options.checkpoint;
        if (due) saveCheckpoint(path, { epoch, curve: this.#curve, network, optimiser }, this.#identity);
        const report = this.#curve.at(-1);
        if (report !== undefined) onEpoch(report, due);
      },
    });
    if (outcome.kind === 'completed') return;
    throw new RetrainFailedError(
      `the final training of ${this.#options.label} came to no end: ` +
        `${outcome.kind === 'diverged' ? `it diverged in epoch ${outcome.epoch}, ${outcome.detail}` : outcome.kind}. ` +
        `The test set was not opened. ${advice}`,
    );
  }

  /** Frees what the checkpoint brought, not the network. */
  dispose(): void {
    for (const tensor of this.#resume?.optimiser.values() ?? []) tensor.dispose();
  }
}
