import { native } from '../native.ts';
import { type Device, Tensor } from '../tensor.ts';
import { recurrentTreeEager } from './recurrent-tree-eager.ts';
import {
  checkOperands,
  encoded,
  type RecurrentTreeOperands,
  type RecurrentTreeResult,
  type TreeProgram,
} from './tree-program.ts';

/**
 * Runs a layer of a tree-shaped recurrent cell over a sequence: `recurrentTreeEager` in one operation, where everything
 * is float32 (the input may be bfloat16) on the CPU, or on a CUDA device for which kernels can be compiled
 * (`engineInfo().cudaKernels`); elsewhere that function itself. On CUDA the first layer of a program takes a moment to
 * compile, later ones find it in this process.
 *
 * Under autocast the products run in bfloat16, and states and results stay float32. Its gradient cannot be
 * differentiated again.
 * @throws TorchError BAD_ARGUMENT for a program that is none, and for shapes that do not fit
 */
export function recurrentTree(program: TreeProgram, operands: RecurrentTreeOperands): RecurrentTreeResult {
  checkOperands(program, operands);
  const { input, hidden0, cell0, weightInput, weightHidden, hiddenMask = null } = operands;
  const others = [hidden0, cell0, weightInput, weightHidden, ...(hiddenMask === null ? [] : [hiddenMask])];
  const { device } = input;
  const fits = (tensor: Tensor): boolean => tensor.dtype === 'float32' && tensor.device === device;
  const inputFits = input.dtype === 'float32' || input.dtype === 'bfloat16';
  if (!hasFused(device) || !inputFits || !others.every(fits)) return recurrentTreeEager(program, operands);
  const [outputs, hidden, cell] = native().recurrentTree(
    input.handle,
    hidden0.handle,
    cell0.handle,
    weightInput.handle,
    weightHidden.handle,
    hiddenMask?.handle ?? null,
    encoded(program),
  );
  return { outputs: new Tensor(outputs), hidden: new Tensor(hidden), cell: new Tensor(cell) };
}

function hasFused(device: Device): boolean {
  return device === 'cpu' || (device.startsWith('cuda') && native().noCudaKernels() === null);
}
