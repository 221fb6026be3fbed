// Lesson 3. The controller learns, on a space of our own whose every reward is known.
//
// Nothing is trained here but the controller: the reward is the share of layers that are wide, so the best
// architecture is plain to see and a thousand samples take seconds.
import { choice, defineSpace, policyGradient } from 'nascent';

const towers = defineSpace({
  name: 'towers',
  version: 1,
  decisions: { width: choice([8, 16, 32, 64]) },
  *program(ask, { layers }: { layers: number }) {
    const widths: number[] = [];
    for (let i = 0; i < layers; i++) widths.push(yield* ask.width());
    return widths;
  },
});

const strategy = policyGradient(towers, { learningRate: 0.03 }, 1);
let number = 0;
for (let round = 1; round <= 10; round++) {
  let sum = 0;
  for (let i = 0; i < 10; i++) {
    const results = strategy.ask(10, { layers: 5 }).map((sample) => {
      const widths = towers.decode(sample);
      const reward = widths.filter((width) => width === 64).length / widths.length;
      sum += reward;
      return { number: ++number, sample, reward };
    });
    strategy.tell(results);
  }
  console.log(`samples ${number}: mean reward ${(sum / 100).toFixed(2)}`);
}
const { kl, entropy } = strategy.summary();
console.log(`The policy moved by ${kl?.toFixed(2)} nats; ${entropy?.toFixed(2)} nats of entropy are left.`);
strategy.dispose();
