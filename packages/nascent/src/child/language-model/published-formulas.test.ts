import { readFileSync } from 'node:fs';
import { scope, type Tensor, tensor } from '@nascent/torch';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  decodeTokens,
  knownCells,
  parseRecurrentArchitecture,
  spaceOfTokens,
} from '../../search-space/index.ts';
import { type RecurrentLayer, recurrentLayer } from './recurrent-layer.ts';

// Numbers of the published formulas, made by test/recurrent-cells/published_formulas.py.
const numbers = z.array(z.number());
const reportSchema = z.object({
  inputs: numbers,
  parameters: z.record(z.string(), numbers),
  outputs: numbers,
  gradients: z.record(z.string(), numbers),
});
const published = z
  .object({
    steps: z.int(),
    batch: z.int(),
    hidden: z.int(),
    nascell: reportSchema,
    'worked-example': reportSchema,
    lstm: reportSchema,
    gru: reportSchema,
  })
  .parse(
    JSON.parse(
      readFileSync(
        new URL('../../../test/recurrent-cells/published-formulas.numbers.json', import.meta.url),
        'utf8',
      ),
    ),
  );
const { steps, batch, hidden } = published;
type Published = 'nascell' | 'worked-example' | 'lstm' | 'gru';

let layer: RecurrentLayer | undefined;
afterEach(() => layer?.dispose());

/** The layer of a known cell, built from its tokens, with these weights. */
function layerOf(name: Published, dtype: 'float32' | 'float64') {
  const tokens = knownCells.get(name)?.tokens ?? '';
  const space = spaceOfTokens(tokens);
  const built = recurrentLayer(parseRecurrentArchitecture(space.decode(decodeTokens(tokens, space))), hidden);
  built.to(dtype);
  layer = built;
  return built;
}

/** Outputs and gradients of Σ outputs·cos(0, 1, 2, …), plus the last c. */
function run(name: Published, dtype: 'float32' | 'float64') {
  const report = published[name];
  const built = layerOf(name, dtype);
  return scope(() => {
    const make = (values: readonly number[], shape: readonly number[]): Tensor =>
      tensor(Float64Array.from(values), { shape, dtype: 'float64' }).to(dtype);
    const parameters = built.namedParameters();
    built.loadStateDict(
      new Map(
        [...parameters].map(([key, { shape }]) => [key, make(report.parameters[key] ?? [], shape)] as const),
      ),
    );
    const inputs = make(report.inputs, [steps, batch, hidden]).setRequiresGrad(true);
    const { outputs, state } = built.forward(inputs, built.zeroState(batch), null);
    const weights = make(
      report.outputs.map((_, i) => Math.cos(i)),
      outputs.shape,
    );
    const loss = outputs.mul(weights).sum();
    (state.cell === null ? loss : loss.add(state.cell.sum())).backward();
    const gradients = new Map([...parameters, ['inputs', inputs] as const]);
    return {
      outputs: outputs.toNumbers(),
      gradients: Object.fromEntries([...gradients].map(([key, of]) => [key, of.grad?.toNumbers() ?? []])),
    };
  });
}

function furthest(found: readonly number[], expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN))), 0);
}

describe.each(['nascell', 'worked-example'] as const)('%s, built from its tokens', (name) => {
  it.each([
    ['float64', 1e-9],
    ['float32', 1e-6],
  ] as const)('gives the outputs of the published formula over 20 steps, in %s', (dtype, tolerance) => {
    const { outputs } = run(name, dtype);
    expect(furthest(outputs, published[name].outputs)).toBeLessThan(tolerance);
  });

  it.each([
    ['float64', 1e-9],
    // Relative to the largest gradient, where that is above 1.
    ['float32', 1e-6],
  ] as const)('gives its gradients, in %s', (dtype, tolerance) => {
    const { gradients } = run(name, dtype);
    for (const [key, expected] of Object.entries(published[name].gradients)) {
      const scale = Math.max(1, ...expected.map(Math.abs));
      expect(furthest(gradients[key] ?? [], expected) / scale).toBeLessThan(tolerance);
    }
  });
});

describe.each(['lstm', 'gru'] as const)('%s, the engine’s layer', (name) => {
  it('equals PyTorch’s in outputs and gradients', () => {
    const { outputs, gradients } = run(name, 'float64');
    expect(furthest(outputs, published[name].outputs)).toBeLessThan(1e-9);
    for (const [key, expected] of Object.entries(published[name].gradients))
      expect(furthest(gradients[key] ?? [], expected)).toBeLessThan(1e-9);
  });
});
