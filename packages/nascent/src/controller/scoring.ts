import { cat, linear, type Tensor, zeros } from '@nascent/torch';
import type { Sample } from '../search-space/sample.ts';
import type { SearchSpace } from '../search-space/space.ts';
import type { Controller } from './controller.ts';
import { advance, anchorInput, floating, indices, initialState, topOf, weightsOf } from './recurrence.ts';
import type { PolicyOptions } from './sampling.ts';
import { type ScoringPlan, scoringPlan } from './scoring-plan.ts';

/** Added to the logits of options that are not allowed: their probability is exactly 0, all gradients finite. */
const EXCLUDED = -1e9;

/**
 * The policy's distributions along recorded answers, differentiable in the controller's weights.
 * `null` where the samples contain no such question.
 */
export interface StepDistributions {
  /** [choice steps, columns]: log-probabilities; about −1e9 for what is not allowed. */
  readonly optionLogProbs: Tensor | null;
  /** [anchor pairs]: log-odds that the pair's earlier anchor is chosen. */
  readonly anchorLogits: Tensor | null;
}

export interface Scores {
  /** [B], natural log, summed over each sample's own recorded answers and nothing else. */
  readonly logProbs: Tensor;
  /** [B], nats: the sum of the entropies of the distributions that the sample's answers were drawn from. */
  readonly entropies: Tensor;
}

/**
 * Scores recorded samples under the controller's weights: what REINFORCE differentiates (§3.2).
 *
 * Call it in a scope; the result belongs to that scope. Samples of different lengths and arguments may be
 * mixed.
 * @throws what the space throws for a foreign sample or an invalid answer
 */
export function score(
  controller: Controller,
  space: SearchSpace,
  samples: readonly Sample[],
  options: PolicyOptions = {},
): Scores {
  const plan = scoringPlan(controller.layout, space, samples);
  return scoresAlong(plan, distributionsAlong(controller, plan, options), controller);
}

/** Runs the controller over the recorded answers of a plan. */
export function distributionsAlong(
  controller: Controller,
  plan: ScoringPlan,
  { temperature = 1 }: PolicyOptions = {},
): StepDistributions {
  const weights = weightsOf(controller);
  // All embeddings at once, then one [B, H] slice for each step.
  const embedded = weights.inputTable
    .indexSelect(0, indices(plan.inputRows, weights.inputTable))
    .reshape([plan.steps, plan.batch, controller.layout.config.hiddenSize]);
  let state = initialState(controller, plan.batch);
  const tops: Tensor[] = [];
  for (let step = 0; step < plan.steps; step++) {
    let input = embedded.select(0, step);
    for (const { decision, stateSteps, meanWeights } of plan.anchorInputs.get(step) ?? []) {
      const anchor = required(weights.anchors.get(decision));
      const states = stateSteps.map((at) => required(tops[at]));
      input = input.add(anchorInput(anchor, states, meanWeights));
    }
    state = advance(weights, state, input);
    tops.push(topOf(state));
  }
  const top = cat(tops, 0); // row step·B + b

  let optionLogProbs: Tensor | null = null;
  if (plan.choices.positions.length > 0 && weights.head !== null) {
    const chosen = top.indexSelect(0, indices(plan.choices.positions, top));
    const logits = linear(chosen, weights.head.weight, weights.head.bias);
    const tempered = temperature === 1 ? logits : logits.div(temperature);
    const excluded = floating(
      Float64Array.from(plan.choices.allowed, (allowed) => (allowed === 1 ? 0 : EXCLUDED)),
      [plan.choices.positions.length, controller.layout.columns],
      top,
    );
    optionLogProbs = tempered.add(excluded).logSoftmax(1);
  }

  const anchorLogits: Tensor[] = [];
  for (const [decision, pairs] of plan.anchorPairs) {
    const anchor = required(weights.anchors.get(decision));
    const earlier = top.matmul(anchor.previousWeight.t()).indexSelect(0, indices(pairs.earlier, top));
    const current = top.matmul(anchor.currentWeight.t()).indexSelect(0, indices(pairs.current, top));
    const logits = earlier.add(current).tanh().matmul(anchor.vector);
    anchorLogits.push(temperature === 1 ? logits : logits.div(temperature));
  }
  return { optionLogProbs, anchorLogits: anchorLogits.length === 0 ? null : cat(anchorLogits, 0) };
}

/** Sums the log-probabilities and entropies of a plan's steps into their samples. */
export function scoresAlong(
  plan: ScoringPlan,
  { optionLogProbs, anchorLogits }: StepDistributions,
  controller: Controller,
): Scores {
  const { dtype, device } = controller.parameters;
  let logProbs = zeros([plan.batch], { dtype, device });
  let entropies = zeros([plan.batch], { dtype, device });
  if (optionLogProbs !== null) {
    const rows = indices(plan.choices.samples, optionLogProbs);
    const taken = optionLogProbs
      .gather(1, indices(plan.choices.columns, optionLogProbs).reshape([-1, 1]))
      .reshape([-1]);
    logProbs = logProbs.indexAdd(0, rows, taken);
    entropies = entropies.indexAdd(0, rows, optionEntropies(optionLogProbs));
  }
  if (anchorLogits !== null) {
    const pairs = [...plan.anchorPairs.values()];
    const rows = indices(
      pairs.flatMap((pair) => pair.samples),
      anchorLogits,
    );
    const chosen = floating(
      Float64Array.from(pairs.flatMap((pair) => pair.chosen)),
      anchorLogits.shape,
      anchorLogits,
    );
    // log P of a Bernoulli draw c with log-odds s is c·s − softplus(s); its entropy softplus(s) − s·σ(s).
    const normaliser = softplus(anchorLogits);
    logProbs = logProbs.indexAdd(0, rows, chosen.mul(anchorLogits).sub(normaliser));
    entropies = entropies.indexAdd(0, rows, normaliser.sub(anchorLogits.mul(anchorLogits.sigmoid())));
  }
  return { logProbs, entropies };
}

function optionEntropies(logProbs: Tensor): Tensor {
  return logProbs.exp().mul(logProbs).sum([1]).neg();
}

function softplus(x: Tensor): Tensor {
  // relu(x) + log(1 + e^−|x|): exact on both sides; aten::softplus turns linear above 20.
  return x.relu().add(x.abs().neg().exp().add(1).log());
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the samples ask a decision that the controller was not made for');
  return value;
}
