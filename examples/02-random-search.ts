// Lesson 2. Random search: the strategy that every other one must beat.
//
// A strategy has two verbs, ask and tell. This loop is what a study does, without the store, the workers and
// the resuming.
import { convolutional, createImageClassifier, encodeSample, randomSearch } from 'nascent';

const space = convolutional({ filterCount: [8, 16, 24] });
const strategy = randomSearch(space, {}, 1);
const evaluator = await createImageClassifier(
  { dataset: { trainExamples: Number(process.env['IMAGES'] ?? 2000) }, epochs: 1 },
  { threads: 2, configDirectory: process.cwd() },
);

let best = { reward: 0, tokens: '' };
for (let number = 1; number <= Number(process.env['TRIALS'] ?? 8); number++) {
  for (const sample of strategy.ask(1, { layers: 2 })) {
    const { curve } = await evaluator.evaluate(space.decode(sample), {
      seed: number,
      signal: new AbortController().signal,
      report: () => {},
    });
    // §4.1: the cube of the best validation accuracy.
    const reward = Math.max(0, ...curve.map((epoch) => epoch.score.value)) ** 3;
    strategy.tell([{ number, sample, reward }]);
    if (reward >= best.reward) best = { reward, tokens: encodeSample(sample, space) };
    console.log(number, reward.toFixed(4));
  }
}
console.log('best', best.reward.toFixed(4), best.tokens);
evaluator.dispose();
