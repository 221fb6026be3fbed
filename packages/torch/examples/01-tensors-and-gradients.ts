/*
 * Tensors, gradients and scopes: fits a straight line by gradient descent.
 *
 *     node --import tsx packages/torch/examples/01-tensors-and-gradients.ts
 */
import { engineInfo, Generator, liveTensors, noGrad, randn, scope, tensor } from '@nascent/torch';

console.log('libtorch', engineInfo().libtorch);

// A tensor of six numbers in two rows of three; operators return new tensors.
const a = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] });
console.log('a·aᵀ =', a.matmul(a.t()).toArray());
a.dispose(); // outside a scope a tensor is yours to free

// Noisy points of y = 3x − 1.
const x = randn([100], { generator: new Generator(1) });
const y = x
  .mul(3)
  .sub(1)
  .add(randn([100], { generator: new Generator(2) }).mul(0.1));

const slope = tensor([0], { requiresGrad: true });
const offset = tensor([0], { requiresGrad: true });

for (let step = 1; step <= 100; step++) {
  // What a scope makes dies with it: the 100 steps leave no tensor behind.
  const loss = scope(() => {
    const error = x.mul(slope).add(offset).sub(y).pow(2).mean();
    error.backward(); // adds to slope.grad and offset.grad
    noGrad(() => {
      for (const parameter of [slope, offset]) {
        if (parameter.grad !== null) parameter.sub_(parameter.grad.mul(0.1));
        parameter.setGrad(null);
      }
    });
    return error.item();
  });
  if (step % 25 === 0) {
    console.log(
      `step ${step}: loss ${loss.toFixed(4)}, y = ${slope.item().toFixed(3)}x + ${offset.item().toFixed(3)},`,
      `${liveTensors()} tensors alive`,
    );
  }
}
