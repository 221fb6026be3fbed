import { z } from 'zod';
import { type RandomStream, randomStream } from '../random.ts';
import type { Answer, Question } from '../search-space/decision.ts';
import { questionNames } from '../search-space/question-name.ts';
import type { Sample, SpaceArguments } from '../search-space/sample.ts';
import { sampleKey } from '../search-space/sample-key.ts';
import type { SearchSpace } from '../search-space/space.ts';
import { sampleUniformly } from '../search-space/uniform.ts';
import { AnswerDensity } from './answer-density.ts';
import { checkedResults } from './check-results.ts';
import { History, historySchema } from './history.ts';
import { readJsonState, writeJsonState } from './json-state.ts';
import { stateHeader } from './state-header.ts';
import { parseStrategyOptions, type StrategyFactory, type StrategyResult } from './strategy.ts';
import { drawUnseen } from './unseen.ts';

const NAME = 'tpe';
const FORMAT_VERSION = 1;
/** Rounds of candidates, all of them repeats, before a uniform sample is drawn instead. */
const ROUNDS = 20;

/** Bergstra et al. 2011 give the algorithm; the defaults are those of Optuna 4 where not said otherwise. */
const optionsSchema = z.strictObject({
  /** Results to wait for; until then samples are drawn uniformly. */
  startup: z.int().min(1).default(10),
  /** γ: share of the results that counts as good, rounded up. */
  gamma: z.number().gt(0).lt(1).default(0.1),
  /** At most so many results count as good. */
  maximumGood: z.int().min(1).default(25),
  /** Imagined samples for each option of each question. Hyperopt's meaning; Optuna shares one among the options. */
  priorWeight: z.number().positive().default(1),
  /** Candidates drawn from the good results' density; the one that is likeliest to be good is taken. */
  candidates: z.int().min(1).default(24),
  /**
   * `sample`: a candidate is a whole sample (Bergstra et al. 2011). `answer`: every question chooses the best of
   * its own candidates, as Hyperopt and Optuna do; with few options that draws the same sample again and again.
   */
  candidate: z.enum(['sample', 'answer']).default('sample'),
  /** Whether samples that have been asked before are left out. Ours; the published programs repeat themselves. */
  avoidRepeats: z.boolean().default(true),
});
type Options = z.output<typeof optionsSchema>;

const stateSchema = z.object({ drawn: z.int().min(0), history: historySchema });

/**
 * The tree-structured Parzen estimator over decisions (Bergstra et al. 2011, §4): the best results' answers give a
 * density l, the others' a density g, and of candidates drawn from l the one with the greatest l ÷ g comes next.
 */
export const tpe: StrategyFactory = (space: SearchSpace, options: unknown, seed: number) => {
  const settings = parseStrategyOptions(NAME, optionsSchema, options);
  const header = stateHeader(NAME, FORMAT_VERSION, space, seed, settings);
  let drawn = 0;
  let history = new History();

  function draw(args: SpaceArguments, stream: RandomStream): Sample {
    const uniform = () => sampleUniformly(space, args, stream);
    if (history.told.length < settings.startup) return uniform();
    const densities = densitiesOf(history.told, settings);
    if (!settings.avoidRepeats) return bestCandidate(space, args, densities, settings, stream).sample;
    for (let round = 0; round < ROUNDS; round++) {
      const fresh = (sample: Sample) => !history.knows(sampleKey(sample));
      const best = bestCandidate(space, args, densities, settings, stream, fresh);
      if (fresh(best.sample)) return best.sample;
    }
    return drawUnseen(history, uniform);
  }

  return {
    name: NAME,
    ask(n, args) {
      return Array.from({ length: n }, () => {
        const sample = draw(args, randomStream(seed, 'sample', drawn));
        history.asked(sample);
        drawn += 1;
        return sample;
      });
    },
    adopt(samples) {
      for (const sample of samples) history.asked(sample);
      drawn += samples.length;
    },
    tell(results) {
      for (const result of checkedResults(space, results)) history.tell(result);
    },
    state: () => writeJsonState(header, { drawn, history: history.compact() }),
    restore(bytes) {
      const saved = readJsonState(bytes, header, stateSchema);
      history = History.of(space, saved.history);
      drawn = saved.drawn;
    },
    summary: () => ({ samples: drawn, updates: 0, baseline: null, entropy: null, kl: null }),
    dispose() {},
  };
};

interface Densities {
  /** l */
  readonly good: AnswerDensity;
  /** g */
  readonly bad: AnswerDensity;
}

interface Candidate {
  readonly sample: Sample;
  /** ln l − ln g, summed over the questions. */
  readonly score: number;
}

/** Of equal rewards the earlier trial counts as the better. */
function densitiesOf(
  told: readonly StrategyResult[],
  { gamma, maximumGood, priorWeight }: Options,
): Densities {
  const ranked = [...told].sort((a, b) => b.reward - a.reward).map(({ sample }) => sample);
  const split = Math.min(maximumGood, Math.ceil(gamma * ranked.length));
  return {
    good: new AnswerDensity(ranked.slice(0, split), priorWeight),
    bad: new AnswerDensity(ranked.slice(split), priorWeight),
  };
}

/** The candidate with the greatest score among those that are wanted; where none is, one that is not. */
function bestCandidate(
  space: SearchSpace,
  args: SpaceArguments,
  densities: Densities,
  { candidates, candidate }: Options,
  stream: RandomStream,
  isWanted: (sample: Sample) => boolean = () => true,
): Candidate {
  if (candidate === 'answer') return candidateOf(space, args, densities, candidates, stream);
  const drawn = Array.from({ length: candidates }, () => candidateOf(space, args, densities, 1, stream));
  const wanted = drawn.filter(({ sample }) => isWanted(sample));
  return (wanted.length > 0 ? wanted : drawn).reduce((best, other) =>
    other.score > best.score ? other : best,
  );
}

/** Answers each question with the best of some draws from the good density. */
function candidateOf(
  space: SearchSpace,
  args: SpaceArguments,
  densities: Densities,
  draws: number,
  stream: RandomStream,
): Candidate {
  const dialogue = space.start(args);
  const nameOf = questionNames();
  let total = 0;
  while (dialogue.question !== null) {
    const { question } = dialogue;
    const name = nameOf(question.decision);
    const drawn = Array.from({ length: draws }, () => scoredAnswer(name, question, densities, stream));
    const { answer, score } = drawn.reduce((best, other) => (other.score > best.score ? other : best));
    dialogue.answer(answer);
    total += score;
  }
  return { sample: dialogue.sample(), score: total };
}

function scoredAnswer(
  name: string,
  question: Question,
  { good, bad }: Densities,
  stream: RandomStream,
): { readonly answer: Answer; readonly score: number } {
  const answer = good.draw(name, question, stream);
  return {
    answer,
    score: good.logProbability(name, question, answer) - bad.logProbability(name, question, answer),
  };
}
