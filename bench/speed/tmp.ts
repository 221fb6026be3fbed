import { autocast, gradients, randn, recurrentTree, scope, setThreads } from '@nascent/torch';
import { nasCell } from '../../packages/torch/test/recurrent/programs.ts';

setThreads(Number(process.argv[3] ?? 1));
const H = Number(process.argv[2]),
  low = process.argv[4] === 'low',
  fw = process.argv[5] === 'fw';
const d = (s: number[], k = 1) => randn(s).mul(k).detach().setRequiresGrad(true);
const o = {
  input: d([35, 20, H]),
  hidden0: d([20, H]),
  cell0: d([20, H]),
  weightInput: d([8 * H, H], 1 / Math.sqrt(H)),
  weightHidden: d([8 * H, H], 1 / Math.sqrt(H)),
};
const g = randn([35, 20, H]);
const ts: number[] = [];
for (let i = 0; i < (H < 300 ? 150 : 20); i++) {
  const s = performance.now();
  scope(() => {
    const r = low
      ? autocast({ dtype: 'bfloat16' }, () => recurrentTree(nasCell, o))
      : recurrentTree(nasCell, o);
    if (!fw) gradients(r.outputs, Object.values(o), { gradOutput: g });
  });
  ts.push(performance.now() - s);
}
ts.sort((a, b) => a - b);
console.log(H, ts[0], ts[ts.length >> 1]);
