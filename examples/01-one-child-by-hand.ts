// Lesson 1. One child network: an architecture, trained on real images, with its learning curve.
//
// No search yet: we answer the space's questions ourselves.
import {
  convolutional,
  createImageClassifier,
  describeArchitecture,
  drawNetwork,
  encodeSample,
} from 'nascent';

const space = convolutional({ filterCount: [8, 16, 24] });

// A space asks; whoever answers is a strategy. Here we are the strategy, and always take the second option.
const dialogue = space.start({ layers: 2 });
while (dialogue.question !== null) {
  const { decision } = dialogue.question;
  dialogue.answer({ kind: 'choice', decision, index: 1 });
}
const architecture = dialogue.architecture();
console.log(encodeSample(dialogue.sample(), space));

const network = describeArchitecture(architecture);
if (network !== null) console.log(drawNetwork(network, { width: 80, color: false }));

// The evaluator builds that network, trains it and scores it on images that it was not trained on.
const evaluator = await createImageClassifier(
  { dataset: { trainExamples: Number(process.env['IMAGES'] ?? 4000) }, epochs: 2 },
  { threads: 2, configDirectory: process.cwd() },
);
const { outcome, curve, parameters } = await evaluator.evaluate(architecture, {
  seed: 1,
  signal: new AbortController().signal,
  report: ({ epoch, trainingLoss, score }) =>
    console.log(`epoch ${epoch}: loss ${trainingLoss.toFixed(3)}, accuracy ${score.value.toFixed(3)}`),
});
console.log(outcome.kind, `after ${curve.length} epochs, ${parameters} parameters`);
evaluator.dispose();
