import { defineConfig, LARGER_LISTS } from 'nascent';
import search from './recurrent-cells.config.ts';

// Control experiment 1 (Zoph & Le 2017, §4.2): the same search with `max` and `sin` in the lists.
// npx nascent compare bench/learning/recurrent-cells-larger.config.ts --out DIR
export default defineConfig({
  ...search,
  space: {
    use: 'recurrent-cell',
    options: { combinations: [...LARGER_LISTS.combinations], activations: [...LARGER_LISTS.activations] },
  },
  compare: { strategies: ['strong'], seeds: 2, firstSeed: 1 },
});
