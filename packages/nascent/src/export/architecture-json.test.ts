import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  knownCells,
  languageModelParameters,
  layerParameters,
  parseRecurrentArchitecture,
  type RecurrentArchitecture,
} from '../search-space/index.ts';
import { nasCell } from '../search-space/recurrent-cell/known-cells.ts';
import { cellJson } from './architecture-json.ts';

const gru: RecurrentArchitecture = { kind: 'native-cell', version: 1, cell: 'gru' };
const lstm: RecurrentArchitecture = { ...gru, cell: 'lstm' };
const tokens = knownCells.get('nascell')?.tokens ?? null;

const documentSchema = z.object({
  format: z.literal('nascent.architecture'),
  version: z.literal(1),
  tokens: z.string().nullable(),
  architecture: z.unknown(),
  cell: z.object({
    equations: z.array(z.object({ name: z.string(), text: z.string() })),
    parametersOfLayer: z.string(),
  }),
  languageModel: z.object({ hidden: z.int(), parameters: z.record(z.string(), z.int()) }).nullable(),
});
const read = (...cell: Parameters<typeof cellJson>) => documentSchema.parse(JSON.parse(cellJson(...cell)));

describe('architecture.json of a recurrent cell', () => {
  it('has the cell, its equations in order, and its token string', () => {
    const {
      architecture,
      cell,
      languageModel,
      tokens: written,
    } = read({ tokens, architecture: nasCell, shape: null });
    expect(parseRecurrentArchitecture(architecture)).toEqual(nasCell);
    expect(written).toBe(tokens);
    expect(cell.equations[8]).toEqual({ name: 'n8', text: 'tanh(tanh(n0 · n1) + c)' });
    expect(cell.equations.slice(-4).map(({ name }) => name)).toEqual(['c′', 'n12', 'n13', 'h′']);
    expect(languageModel).toBeNull();
  });

  it.each([
    ['nascell', nasCell],
    ['lstm', lstm],
    ['gru', gru],
  ] as const)('tells the parameters of a layer of %s of any width, as we count them', (_, architecture) => {
    const { parametersOfLayer } = read({ tokens: null, architecture, shape: null }).cell;
    const [factor, units, inner] = parametersOfLayer.split(' · ');
    expect(units).toBe('units');
    const more = inner?.includes('+ 2') ? 2 : 0;
    expect(inner).toBe(more === 0 ? '(inputs + units)' : '(inputs + units + 2)');
    expect(Number(factor) * 7 * (3 + 7 + more)).toBe(layerParameters(architecture, 3, 7));
  });

  it.each([true, false])('counts those of its language model, which add up (tied: %s)', (tied) => {
    const shape = { vocabulary: 1000, hidden: 20, layers: 3, tied };
    const { parameters = {} } = read({ tokens: null, architecture: nasCell, shape }).languageModel ?? {};
    const { embedding = 0, eachLayer = 0, softmax = 0, total } = parameters;
    expect(embedding + 3 * eachLayer + softmax).toBe(total);
    expect(total).toBe(languageModelParameters(nasCell, shape));
  });
});
