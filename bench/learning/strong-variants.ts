/** The preset `strong`, and what becomes of it when one thing is changed: for docs/experiments/strong-preset.md. */
type Options = Readonly<Record<string, unknown>>;

const variants: Readonly<Record<string, Options>> = {
  strong: {},
  'no screening': { screening: 0 },
  'no replay': { elites: 0, policyWeight: 1, normaliseAdvantages: true, batchSize: 4, learningRate: 0.04 },
  'no screening, no replay': {
    screening: 0,
    elites: 0,
    policyWeight: 1,
    normaliseAdvantages: true,
    batchSize: 4,
    learningRate: 0.04,
  },
  'PPO alone': {
    screening: 0,
    elites: 0,
    policyWeight: 1,
    normaliseAdvantages: true,
    batchSize: 8,
    gradientSteps: 4,
    clip: 0.2,
    learningRate: 0.02,
  },
  'with REINFORCE': { policyWeight: 1, normaliseAdvantages: true },
  'elites 1': { elites: 1 },
  'elites 10': { elites: 10 },
  'warm-up 10': { warmup: 10 },
  'entropy 0': { entropyBonus: 0 },
  'entropy 0.3': { entropyBonus: 0.3 },
  'entropy 0.5, halved every 20': { entropyBonus: 0.5, entropyHalfLife: 20 },
  'rate 0.03': { learningRate: 0.03 },
  'screening 128': { screening: 128 },
  'repeats allowed': { avoidRepeats: false },
};

export const strongVariants = Object.entries(variants).map(([label, options]) => ({
  label,
  use: 'policy-gradient',
  options: { preset: 'strong', warmup: 30, ...options },
}));
