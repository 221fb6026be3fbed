import { describeArchitecture, drawNetwork, search } from 'nascent';

const images = Number(process.env['IMAGES'] ?? 4000);
const trials = Number(process.env['TRIALS'] ?? 24);

const { best, progress, strategy } = await search(
  {
    space: { use: 'convolutional', options: { filterCount: [8, 16, 24] }, arguments: { layers: 2 } },
    evaluator: { use: 'image-classifier', options: { dataset: { trainExamples: images }, epochs: 2 } },
    strategy: { use: 'policy-gradient', options: { preset: 'strong' } },
    trials,
  },
  {
    study: 'library.db', // run it again to resume, or with more trials to go on
    onEvent(event) {
      if (event.kind === 'trial-finished') console.log(event.trial.number, event.trial.score?.value);
    },
  },
);
const network = best && describeArchitecture(best.architecture);
if (network) console.log(drawNetwork(network, { width: 80, color: false }));
console.log(progress?.words, `The policy moved by ${strategy.kl?.toFixed(3)} nats.`);
