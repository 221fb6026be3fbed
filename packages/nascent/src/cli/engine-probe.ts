/**
 * Loads the engine, uses it, and prints what it found as one line of JSON. A program of its own, started by
 * `nascent doctor`: a broken engine ends it and not the doctor.
 */
import { messageOf } from '../errors.ts';

try {
  const startedAt = performance.now();
  const torch = await import('@nascent/torch'); // here, so that a package that is not built is an answer too
  const info = torch.engineInfo();
  const loadMs = performance.now() - startedAt;
  console.log(
    JSON.stringify({
      kind: 'loaded',
      info,
      loadMs,
      gigaflops: matrixProductGigaflops(torch),
    }),
  );
} catch (thrown) {
  console.log(JSON.stringify({ kind: 'failed', message: messageOf(thrown) }));
}

/** The best of three float32 products of 768×768 matrices, in 10⁹ multiply-adds and additions per second. */
function matrixProductGigaflops(torch: typeof import('@nascent/torch')): number {
  const size = 768;
  return torch.scope(() => {
    const a = torch.ones([size, size]);
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 4; i++) {
      const startedAt = performance.now();
      const sum = a.matmul(a).sum().item();
      if (sum !== size ** 3) throw new Error(`a product of ones gave the sum ${sum}, expected ${size ** 3}`);
      best = Math.min(best, performance.now() - startedAt);
    }
    return (2 * size ** 3) / (best * 1e6);
  });
}
