import type { RecurrentArchitecture } from '../../../search-space/index.ts';
import { nascentVersion } from '../../../version.ts';
import { importsFor, plain } from '../python-text.ts';
import { cellClasses } from './cell-class.ts';

/** The last lines of a file with a `main`. */
export const RUN = `if __name__ == "__main__":
    main()`;

/**
 * The code of a cell alone, as one Python file for PyTorch 1.13 and later: weights are drawn anew wherever it is built.
 * @param title what the cell is called, one line
 */
export function cellSource(cell: RecurrentArchitecture, title: string): string {
  const body = [...cellClasses(cell), MAIN, RUN].join('\n\n\n');
  return `${docstring(cell, title)}\n\n${importsFor(body)}\n\n\n${body}\n`;
}

function docstring(cell: RecurrentArchitecture, title: string): string {
  const state = cell.kind === 'native-cell' && cell.cell === 'gru' ? 'h' : '(h, c)';
  return `"""${plain(title)}: the code of a recurrent cell. Its weights are drawn anew: nothing is trained.

Written by Nascent ${nascentVersion()} (\`nascent export\`).

    from cell import Layer

    layer = Layer(inputs, units)
    outputs, ${state} = layer(x)     # x [steps, batch, inputs] -> outputs [steps, batch, units]

\`Cell\` is one step of it. \`python3 cell.py\` runs a layer.
"""`;
}

const MAIN = `def main(steps=20, batch=2, inputs=200, units=200):
    layer = Layer(inputs, units)
    outputs, _ = layer(torch.randn(steps, batch, inputs))
    parameters = sum(weights.numel() for weights in layer.parameters())
    print(f"{parameters:,} parameters with {inputs} inputs and {units} units")
    print(f"{steps} steps of a batch of {batch}: outputs {list(outputs.shape)}")`;
