/**
 * Nascent: neural architecture search with reinforcement learning (Zoph & Le 2017).
 *
 * The library has the same verbs as the command line. Importing it does not load the engine.
 */
export {
  createEvaluator as createImageClassifier,
  type ImageClassifierOptions,
} from './child/image-classifier.ts';
export {
  createEvaluator as createLanguageModel,
  type LanguageModelOptions,
} from './child/language-model/evaluator.ts';
export { type GenerateOptions, generate, loadLanguageModel, modelOf } from './child/language-model/index.ts';
export { messageOf, NascentError } from './errors.ts';
export { EarlyStop } from './evaluation/early-stop.ts';
export type {
  EpochReport,
  Evaluation,
  Metric,
  Outcome,
  Score,
  Split,
} from './evaluation/evaluation.ts';
export type { EvaluationContext, Evaluator } from './evaluation/evaluator.ts';
export { type Comparison, compare } from './experiment/compare/compare.ts';
export type { CompareEvent } from './experiment/compare/compare-event.ts';
export { compareStudies } from './experiment/compare/compare-studies.ts';
export { type ScorePairs, type SearchToRetrain, searchToRetrain } from './experiment/compare/correlation.ts';
export type { RunComparisonOptions } from './experiment/compare/run-comparison.ts';
export { type ControlOptions, control } from './experiment/control.ts';
export { type LearningProgress, learningProgress } from './experiment/learning-progress.ts';
export {
  planRetraining,
  type RetrainPlan,
  type RetrainSubject,
} from './experiment/retrain/plan.ts';
export { type RetrainOptions, type RetrainResult, retrain } from './experiment/retrain/retrain.ts';
export type { RetrainEvent } from './experiment/retrain/retrain-event.ts';
export { type SearchOptions, type SearchResult, search } from './experiment/search.ts';
export { bootstrapDifference, bootstrapMean, type Interval } from './experiment/statistics/bootstrap.ts';
export { work } from './experiment/work.ts';
export { svgOfCell } from './export/drawing/cell-svg.ts';
export { drawCell, drawNativeCell } from './export/drawing/cell-terminal.ts';
export { type SvgDrawing, svgOfNetwork } from './export/drawing/svg.ts';
export { drawNetwork, type TerminalDrawing } from './export/drawing/terminal.ts';
export { deriveSeed, type RandomStream, randomStream } from './random.ts';
export * from './search-space/index.ts';
export { openStore } from './store/open-store.ts';
export type { Store, StudyRecord } from './store/store.ts';
export { evolution } from './strategy/evolution.ts';
export { gaussianProcess } from './strategy/gaussian-process.ts';
export { gridSearch } from './strategy/grid.ts';
export { localSearch } from './strategy/local-search.ts';
export { policyGradient } from './strategy/policy-gradient.ts';
export { randomSearch } from './strategy/random.ts';
export type { Strategy, StrategyFactory, StrategyResult, StrategySummary } from './strategy/strategy.ts';
export { tpe } from './strategy/tpe.ts';
export {
  configJsonSchema,
  defineConfig,
  parseConfig,
  type StudyConfig,
  type StudyConfigInput,
} from './study/config.ts';
export { loadConfig } from './study/load-config.ts';
export type { StudySummary } from './study/run-study.ts';
export type { StudyEvent } from './study/study-event.ts';
export type { TrialState } from './trial/life-cycle.ts';
export type { TrialOutcome, TrialRecord } from './trial/record.ts';
export type { RemoteWorkerOptions, RemoteWorkerSummary } from './workers/remote-worker.ts';
export { openWorkerLog, type WorkerLog } from './workers/worker-log.ts';
