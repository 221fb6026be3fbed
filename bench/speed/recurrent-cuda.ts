/**
 * One layer of NASCell on a CUDA device, forward and back, on demand: `run-recurrent-cuda.mjs` asks.
 *
 *     npx tsx bench/speed/recurrent-cuda.ts
 *
 * Reads lines of JSON, {contender: fused|eager, units, precision, repeat}, and answers each with {ms} of one repetition.
 */
import { createInterface } from 'node:readline';
import {
  autocast,
  Generator,
  gradients,
  type RecurrentTreeResult,
  randn,
  recurrentTree,
  recurrentTreeEager,
  scope,
  type Tensor,
} from '@nascent/torch';
import { nasCell } from '../../packages/torch/test/recurrent/programs.ts';

const [steps, batch, device] = [35, 20, 'cuda:0'];
const contenders = { fused: recurrentTree, eager: recurrentTreeEager };

interface Question {
  readonly contender: keyof typeof contenders;
  readonly units: number;
  readonly precision: 'float32' | 'bfloat16';
  readonly repeat: number;
}

const generator = new Generator(1);
const draw = (shape: readonly number[], scale = 1): Tensor =>
  randn(shape, { generator }).mul(scale).to(device).detach().setRequiresGrad(true);

function operandsOf(units: number) {
  const rows = nasCell.leaves.length * units;
  return {
    learning: {
      input: draw([steps, batch, units]),
      hidden0: draw([batch, units]),
      cell0: draw([batch, units]),
      weightInput: draw([rows, units], 1 / Math.sqrt(units)),
      weightHidden: draw([rows, units], 1 / Math.sqrt(units)),
    },
    gradOutput: draw([steps, batch, units]).detach(),
  };
}
const drawn = new Map<number, ReturnType<typeof operandsOf>>();

function answer({ contender, units, precision, repeat }: Question): number {
  const operands = drawn.get(units) ?? operandsOf(units);
  drawn.set(units, operands);
  const { learning, gradOutput } = operands;
  const forward = (): RecurrentTreeResult => contenders[contender](nasCell, learning);
  const once = (): Tensor => {
    const { outputs } =
      precision === 'bfloat16' ? autocast({ dtype: 'bfloat16', device }, forward) : forward();
    const found = gradients(outputs, Object.values(learning), { gradOutput: gradOutput.to(outputs.dtype) });
    return found.at(-1) as Tensor;
  };
  const started = performance.now();
  // All but the last only queue their work, as the layers of a training do; reading a number back waits for the device.
  for (let i = 1; i < repeat; i++) scope(() => void once());
  scope(() => once().select(0, 0).select(0, 0).item());
  return (performance.now() - started) / repeat;
}

for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify({ ms: answer(JSON.parse(line) as Question) }));
