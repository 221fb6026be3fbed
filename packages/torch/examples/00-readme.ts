import { crossEntropy, Linear, noGrad, ReLU, randn, Sequential, SGD, scope } from '@nascent/torch';

const points = randn([512, 2]); // which of four quadrants is a point in?
const quadrant = scope(() => {
  const [right, above] = [points.select(1, 0).gt(0), points.select(1, 1).gt(0)];
  return right.to('int64').mul(2).add(above.to('int64'));
});

const net = new Sequential([new Linear(2, 32), new ReLU(), new Linear(32, 4)]);
const optimiser = new SGD(net.parameters(), { learningRate: 0.1, momentum: 0.9, nesterov: true });

for (let step = 1; step <= 200; step++) {
  const loss = scope(() => {
    const loss = crossEntropy(net.forward(points), quadrant);
    optimiser.zeroGrad();
    loss.backward();
    optimiser.step();
    return loss.item();
  });
  if (step % 50 === 0) console.log(step, loss.toFixed(4));
}
const right = scope(() =>
  noGrad(() => net.forward(points).argmax(1).eq(quadrant).to('float32').mean().item()),
);
console.log(`${(right * 100).toFixed(1)} % right`);
