/**
 * One layer of NASCell over 35 steps, forward and back, beside its unavoidable matrix products; and the cross-entropy
 * of 10,000 classes.
 *
 *   OMP_WAIT_POLICY=passive npx tsx bench/speed/recurrent.ts [--threads 2] [--rounds 9] [--units 200,650] [--only layer,loss]
 *
 * Contenders take turns within each round. One line of JSON for each case: milliseconds (median, least, most), and each
 * round's ratio to the products alone (median, least).
 */
import { parseArgs } from 'node:util';
import {
  autocast,
  callOperator,
  crossEntropy,
  Generator,
  gradients,
  linear,
  linearCrossEntropy,
  type RecurrentTreeResult,
  randint,
  randn,
  recurrentTree,
  recurrentTreeEager,
  scope,
  setThreads,
  type Tensor,
  zeros,
} from '@nascent/torch';
import { recurrentTreeNaive } from '../../packages/torch/test/recurrent/naive.ts';
import { nasCell } from '../../packages/torch/test/recurrent/programs.ts';

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '9' },
    units: { type: 'string', default: '200,650' },
    only: { type: 'string', default: 'layer,loss' },
  },
});
const [threads, rounds] = [Number(options.threads), Number(options.rounds)];
const cases = new Set(options.only.split(','));
const [steps, batch, classes] = [35, 20, 10_000];
const leaves = nasCell.leaves.length;

type Contenders = Readonly<Record<string, () => void>>;

/** Times each contender in turn; the last is what the others are compared with. */
function race(name: string, contenders: Contenders): void {
  const names = Object.keys(contenders);
  const times = new Map<string, number[]>(names.map((each) => [each, []]));
  for (let round = -1; round < rounds; round++) {
    for (const each of round % 2 === 0 ? names : names.toReversed()) {
      const repeat = round < 0 ? 1 : repetitions(times.get(each));
      const start = performance.now();
      for (let i = 0; i < repeat; i++) scope(() => contenders[each]?.());
      times.get(each)?.push((performance.now() - start) / repeat);
    }
  }
  const base = (times.get(names.at(-1) as string) ?? []).slice(1);
  const facts = names.map((each) => {
    const spent = (times.get(each) ?? []).slice(1);
    const ratios = spent.map((time, i) => time / (base[i] as number));
    const [ms, ratio] = [sorted(spent), sorted(ratios)];
    return [
      each,
      { ms: [middle(ms), ms[0], ms.at(-1)].map(rounded), ratio: [middle(ratio), ratio[0]].map(rounded) },
    ];
  });
  console.log(JSON.stringify({ case: name, threads, rounds, ...Object.fromEntries(facts) }));
}
/** Enough for 60 ms, from the warm-up. */
const repetitions = (times: readonly number[] = []): number => Math.max(1, Math.ceil(60 / (times[0] ?? 60)));
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const middle = (values: readonly number[]): number => values[Math.floor(values.length / 2)] ?? Number.NaN;
const rounded = (value: number | undefined): number => Number((value ?? Number.NaN).toFixed(3));

const generator = new Generator(1);
const draw = (shape: readonly number[], scale = 1): Tensor =>
  randn(shape, { generator }).mul(scale).detach().setRequiresGrad(true);
const product = (out: Tensor, a: Tensor, b: Tensor) => (): void => {
  callOperator('aten::mm', 'out', [a, b, out]);
};

function layer(units: number, low: boolean): Contenders {
  const rows = leaves * units;
  const operands = {
    input: draw([steps, batch, units]),
    hidden0: draw([batch, units]),
    cell0: draw([batch, units]),
    weightInput: draw([rows, units], 1 / Math.sqrt(units)),
    weightHidden: draw([rows, units], 1 / Math.sqrt(units)),
  };
  const gradOutput = draw([steps, batch, units]).detach();
  const learn = (compute: () => RecurrentTreeResult) => (): void => {
    const { outputs } = low ? autocast({ dtype: 'bfloat16' }, compute) : compute();
    gradients(outputs, Object.values(operands), { gradOutput: gradOutput.to(outputs.dtype) });
  };
  const plain = (shape: readonly number[]): Tensor =>
    draw(shape)
      .detach()
      .to(low ? 'bfloat16' : 'float32');
  const [input, ofWeights] = [plain([steps * batch, units]), plain([steps * batch, rows])];
  const [weightInput, weightHidden] = [plain([rows, units]), plain([rows, units])];
  const [hidden, ofHidden] = [plain([steps, batch, units]).unbind(0), plain([steps, batch, rows]).unbind(0)];
  const [hiddens, ofInput, grown] = [
    plain([steps * batch, units]),
    plain([steps * batch, units]),
    plain([rows, units]),
  ];
  const products = [
    product(ofWeights, input, weightInput.t()),
    ...hidden.map((h, i) => product(ofHidden[i] as Tensor, h, weightHidden.t())),
    ...ofHidden.map((gradient, i) => product(hidden[i] as Tensor, gradient, weightHidden)),
    product(grown, ofWeights.t(), input),
    product(grown, ofWeights.t(), hiddens),
    product(ofInput, ofWeights, weightInput),
  ];
  return {
    fused: learn(() => recurrentTree(nasCell, operands)),
    eager: learn(() => recurrentTreeEager(nasCell, operands)),
    naive: learn(() => recurrentTreeNaive(nasCell, operands)),
    products: () => {
      for (const run of products) run();
    },
  };
}

function loss(units: number, low: boolean): Contenders {
  const rows = steps * batch;
  const [hidden, weight, bias] = [draw([rows, units]), draw([classes, units], 0.1), draw([classes])];
  const targets = randint(0, classes, [rows], { generator });
  const learn = (compute: () => Tensor) => (): void => {
    gradients(low ? autocast({ dtype: 'bfloat16' }, compute) : compute(), [hidden, weight, bias]);
  };
  const plain = (shape: readonly number[]): Tensor =>
    zeros(shape)
      .add(0.5)
      .to(low ? 'bfloat16' : 'float32');
  const [h, w, logits] = [plain([rows, units]), plain([classes, units]), plain([rows, classes])];
  const [ofHidden, ofWeight] = [plain([rows, units]), plain([classes, units])];
  const products = [
    product(logits, h, w.t()),
    product(ofHidden, logits, w),
    product(ofWeight, logits.t(), h),
  ];
  return {
    fused: learn(() => linearCrossEntropy(hidden, weight, bias, targets)),
    eager: learn(() => crossEntropy(linear(hidden, weight, bias), targets)),
    products: () => {
      for (const run of products) run();
    },
  };
}

setThreads(threads);
for (const units of options.units.split(',').map(Number)) {
  for (const low of [false, true]) {
    const type = low ? 'bfloat16' : 'float32';
    if (cases.has('layer')) race(`layer of ${units}, ${type}`, layer(units, low));
    if (cases.has('loss')) race(`loss of ${units}, ${type}`, loss(units, low));
  }
}
