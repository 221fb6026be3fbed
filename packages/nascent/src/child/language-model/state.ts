import { keep } from '@nascent/torch';
import type { ModelState } from './language-model.ts';

/** The same values without their history, out of every scope: whoever keeps them disposes them (`disposeState`). */
export function keepState(state: ModelState): ModelState {
  return state.map(({ hidden, cell }) => ({
    hidden: keep(hidden.detach()),
    cell: cell === null ? null : keep(cell.detach()),
  }));
}

export function disposeState(state: ModelState): void {
  for (const { hidden, cell } of state) {
    hidden.dispose();
    cell?.dispose();
  }
}
