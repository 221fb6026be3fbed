import { Adam, noGrad, scope, tensor } from '@nascent/torch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShardRecord } from '../store/shared-store.ts';
import { adamStep, freshAdam } from './adam.ts';
import { cutInto } from './cut.ts';
import { firstShards } from './parameter-server.ts';
import { decodeMemory, floatsOfBytes, freshShard, ShardDamagedError, withGradient } from './shard.ts';

const floats = (length: number) =>
  fc
    .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -4, max: 4 }), {
      minLength: length,
      maxLength: length,
    })
    .map((values) => Float32Array.from(values));

/** The engine's own optimiser over the same gradients. */
function engineAdam(
  parameters: Float32Array,
  gradients: readonly Float32Array[],
  learningRate: number,
): number[] {
  return noGrad(() =>
    scope(() => {
      const weights = tensor(Float32Array.from(parameters)).setRequiresGrad(true);
      const adam = new Adam([weights], { learningRate });
      for (const gradient of gradients) adam.step([tensor(Float32Array.from(gradient))]);
      const moved = [...weights.toNumbers()];
      adam.dispose();
      return moved;
    }),
  );
}

const parametersOf = (shards: readonly ShardRecord[], length: number) =>
  cutInto(length, shards.length).flatMap(({ from, to }, shard) => [
    ...floatsOfBytes(shards[shard]?.parameters ?? new Uint8Array(), to - from),
  ]);

describe('cutting a vector into shards', () => {
  it('covers it without gaps, in parts that differ by one at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 300 }),
        (parameters, shards) => {
          const parts = cutInto(parameters, shards);
          expect(parts).toHaveLength(Math.min(parameters, shards));
          expect(parts[0]?.from).toBe(0);
          expect(parts.at(-1)?.to).toBe(parameters);
          for (const [k, part] of parts.entries()) expect(part.from).toBe(parts[k - 1]?.to ?? 0);
          const lengths = parts.map(({ from, to }) => to - from);
          expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('Adam over a plain vector', () => {
  it('moves bit for bit as the engine’s optimiser does', () => {
    fc.assert(
      fc.property(
        floats(37),
        fc.array(floats(37), { minLength: 1, maxLength: 12 }),
        (parameters, gradients) => {
          let moved: ReturnType<typeof adamStep> = { parameters, state: freshAdam(37) };
          for (const gradient of gradients) moved = adamStep(moved.parameters, gradient, moved.state, 6e-4);
          expect([...moved.parameters]).toEqual(engineAdam(parameters, gradients, 6e-4));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('its first step is the learning rate against the sign of the gradient (Kingma & Ba 2015, §2.1)', () => {
    const { parameters } = adamStep(
      Float32Array.of(1, 1, 1),
      Float32Array.of(3, -0.01, 0),
      freshAdam(3),
      0.1,
    );
    expect(parameters[0]).toBeCloseTo(0.9, 5);
    expect(parameters[1]).toBeCloseTo(1.1, 5);
    expect(parameters[2]).toBe(1);
  });
});

describe('shards', () => {
  const learn = (
    shards: number,
    gradients: readonly Float32Array[],
    parameters: Float32Array,
    accumulate = 1,
  ) => {
    const parts = cutInto(parameters.length, shards);
    let records: ShardRecord[] = firstShards(parameters, shards).map((content) => ({
      ...content,
      version: 0,
    }));
    for (const gradient of gradients) {
      records = records.map((record, k) =>
        withGradient(record, gradient.subarray(parts[k]?.from, parts[k]?.to), {
          learningRate: 6e-4,
          accumulate,
        }),
      );
    }
    return records;
  };

  it.each([1, 2, 20])('%i together equal a single server, bit for bit', (shards) => {
    fc.assert(
      fc.property(
        floats(53),
        fc.array(floats(53), { minLength: 1, maxLength: 6 }),
        (parameters, gradients) => {
          const together = parametersOf(learn(shards, gradients, parameters), 53);
          expect(together).toEqual(engineAdam(parameters, gradients, 6e-4));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('take one step with the mean of the gradients that they gathered (§4.2)', () => {
    fc.assert(
      fc.property(
        floats(11),
        fc.array(floats(11), { minLength: 10, maxLength: 10 }),
        (parameters, gradients) => {
          const [nine] = learn(1, gradients.slice(0, 9), parameters, 10);
          expect(nine?.version).toBe(0);
          expect([...floatsOfBytes(nine?.parameters ?? new Uint8Array(), 11)]).toEqual([...parameters]);
          const ten = learn(1, gradients, parameters, 10);
          expect(ten[0]?.version).toBe(1);
          let sum = new Float32Array(11);
          for (const gradient of gradients) sum = sum.map((value, k) => value + (gradient[k] ?? 0));
          const mean = sum.map((value) => value / 10);
          expect(parametersOf(ten, 11)).toEqual(engineAdam(parameters, [mean], 6e-4));
          expect(decodeMemory(ten[0]?.optimiser ?? new Uint8Array(), 11)).toMatchObject({
            gathered: 0,
            adam: { steps: 1 },
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('refuses bytes that are not a shard’s', () => {
    const shard = { ...freshShard(Float32Array.of(1, 2)), version: 0 };
    const gradient = Float32Array.of(1, 1);
    const settings = { learningRate: 0.1, accumulate: 1 };
    for (const damaged of [
      { ...shard, optimiser: shard.optimiser.slice(1) },
      { ...shard, optimiser: shard.optimiser.map((byte, k) => (k === 0 ? byte + 1 : byte)) },
      { ...shard, parameters: shard.parameters.slice(0, 5) },
    ]) {
      expect(() => withGradient(damaged, gradient, settings)).toThrow(ShardDamagedError);
    }
  });
});
