import { assertNever } from '../../../assert-never.ts';
import {
  type Activation,
  type CellNode,
  type Combination,
  nativeFormulas,
  type RecurrentArchitecture,
  type RecurrentCellArchitecture,
  treeOf,
} from '../../../search-space/index.ts';

/** The Python of a cell: `Cell`, one step, and `Layer`, the cell over a sequence. */
export function cellClasses(cell: RecurrentArchitecture): readonly string[] {
  return cell.kind === 'native-cell' ? [nativeClasses(cell.cell)] : [treeClass(cell), LAYER];
}

function nativeClasses(cell: 'lstm' | 'gru'): string {
  const name = cell.toUpperCase();
  const formulas = nativeFormulas(cell).map(
    (formula) => `#     ${ascii(`${formula.name} = ${formula.text}`)}`,
  );
  return [
    `# PyTorch's own. W and U of all gates, one below the other, are weight_ih_l0 and weight_hh_l0:`,
    ...formulas,
    `Cell = nn.${name}Cell`,
    `Layer = nn.${name}`,
  ].join('\n');
}

function ascii(formula: string): string {
  return formula.replaceAll('·', '*').replaceAll('−', '-').replaceAll('′', "'");
}

function treeClass(cell: RecurrentCellArchitecture): string {
  const { base } = cell;
  return `class Cell(nn.Module):
    """One step: x [batch, inputs] and the state before, (h, c) of [batch, units] each -> the state after.

    A tree of base ${base} (Zoph & Le 2017, §3.4): the leaves n0 to n${base - 1} combine W x and U h, each with a W and a U of its
    own and without a bias; n${base} to n${2 * base - 2} combine two earlier nodes. Weights begin uniform in ± bound.
    """

    def __init__(self, inputs, units, bound=0.05):
        super().__init__()
        self.units = units
        # W and U of leaf i are the rows i * units to (i + 1) * units.
        self.weight_input = nn.Parameter(torch.empty(${base} * units, inputs).uniform_(-bound, bound))
        self.weight_hidden = nn.Parameter(torch.empty(${base} * units, units).uniform_(-bound, bound))

    def forward(self, x, state):
        return self.step(F.linear(x, self.weight_input), state)

    def step(self, products, state):
        """The state after; \`products\` are W x of all leaves, one beside the other."""
        h, c = state
        wx = products.chunk(${base}, dim=-1)
        uh = F.linear(h, self.weight_hidden).chunk(${base}, dim=-1)
${equations(cell)
  .map((line) => `        ${line}`)
  .join('\n')}`;
}

/** One line for each node, after those that it reads, and two more for the memory. */
function equations({ base, nodes, inject, cellIndex, injectIndex }: RecurrentCellArchitecture) {
  const { children, root } = treeOf(base);
  const lines = nodes.flatMap(({ combination, activation }, i) => {
    const [left, right] = children[i - base] ?? [];
    const joined =
      left === undefined || right === undefined
        ? combined(combination, `wx[${i}]`, `uh[${i}]`)
        : combined(combination, `n${left}`, `n${right}`);
    const own = `n${i} = `;
    return [
      ...(i === cellIndex
        ? [
            `new_c = ${joined}  # §3.4, cell index: the next c is node ${i} before its activation`,
            own + activated(activation, 'new_c'),
          ]
        : [own + activated(activation, joined)]),
      ...(i === injectIndex
        ? [`${own}${injected(inject, `n${i}`)}  # §3.4, cell inject: c enters at node ${i}`]
        : []),
    ];
  });
  return [...lines, `return n${root}, new_c`];
}

function injected({ combination, activation }: CellNode, value: string): string {
  return activated(activation, combined(combination, value, 'c'));
}

function combined(combination: Combination, left: string, right: string): string {
  switch (combination) {
    case 'add':
      return `${left} + ${right}`;
    case 'elem_mult':
      return `${left} * ${right}`;
    case 'max':
      return `torch.maximum(${left}, ${right})`;
    default:
      return assertNever(combination);
  }
}

function activated(activation: Activation, value: string): string {
  return activation === 'identity' ? value : `torch.${activation}(${value})`;
}

const LAYER = `class Layer(Cell):
    """The cell over a sequence: x [steps, batch, inputs] and the state before the first step (None: zeros) -> h after
    every step, [steps, batch, units], and the state after the last."""

    def forward(self, x, state=None):
        if state is None:
            zeros = x.new_zeros(x.shape[1], self.units)
            state = (zeros, zeros)
        outputs = []
        for products in F.linear(x, self.weight_input).unbind(0):
            state = self.step(products, state)
            outputs.append(state[0])
        return torch.stack(outputs), state`;
