import type { EpochReport } from '../../evaluation/evaluation.ts';
import type { FinishedTraining, TrainingFacts } from './finished.ts';
import type { TestScores } from './test-once.ts';

/** Called after each epoch; `saved` tells whether its checkpoint was written. */
export type OnEpoch = (report: EpochReport, saved: boolean) => void;

/**
 * The training of the chosen network to the end, with checkpoints, and its test. Owns network and data until
 * `dispose()`.
 *
 * Killed anywhere and opened again, it goes on from its checkpoint and ends with the same weights, bit for bit, as
 * one never killed, with the same number of threads.
 */
export interface FinalTraining {
  readonly facts: TrainingFacts;
  /** One report for each epoch done. */
  readonly curve: readonly EpochReport[];
  /**
   * Trains to the last epoch.
   * @throws signal.reason when the signal is aborted; RetrainFailedError where training diverged; CheckpointError
   */
  train(signal: AbortSignal, onEpoch: OnEpoch): Promise<void>;
  /** Writes the finished model. @throws ModelFileError where it cannot be written */
  saveModel(path: string): void;
  /** What is to be kept of it besides its weights, once it is trained. @param run of the grid whose recipe it has */
  finished(run: number): FinishedTraining;
  /** Opens the test set: whoever calls records that before. Is not interrupted, so as not to open it twice. */
  test(): Promise<TestScores>;
  dispose(): void;
}

/** What a final training is opened with, whatever it trains. */
export interface FinalTrainingOptions {
  /** For error messages. */
  readonly label: string;
  readonly tokens: string | null;
  /** Where the checkpoint is kept. */
  readonly checkpoint: string;
  /** A relative path of the data starts here. */
  readonly configDirectory: string;
  /** Of the data that the grid's runs saw. */
  readonly datasetChecksum: string;
  /** Engine threads. */
  readonly threads: number;
}
