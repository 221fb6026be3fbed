import { defineConfig } from 'nascent';

// A fixed pool of 7,161 recurrent cells of NAS-Bench-NLP, ranked by validation perplexity on Penn Treebank
// (docs/guide/benchmarks.md). Cells whose training broke down count as diverged and earn 0.
export default defineConfig({
  space: { use: 'nas-bench-nlp' },
  evaluator: { use: 'nas-bench-nlp' },
  strategy: { use: 'policy-gradient' },
  reward: { kind: 'inverse-square-perplexity', c: 6400 },
  trials: 250,
});
