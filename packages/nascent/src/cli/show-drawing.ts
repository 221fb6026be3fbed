import { z } from 'zod';
import { assertNever } from '../assert-never.ts';
import { svgOfCell } from '../export/drawing/cell-svg.ts';
import { drawCell, drawNativeCell } from '../export/drawing/cell-terminal.ts';
import { type SvgDrawing, svgOfNetwork } from '../export/drawing/svg.ts';
import { drawNetwork, type TerminalDrawing } from '../export/drawing/terminal.ts';
import {
  describeArchitecture,
  type ImageInput,
  type NativeCellArchitecture,
  type NetworkDescription,
  parseRecurrentArchitecture,
  type RecurrentCellArchitecture,
} from '../search-space/index.ts';
import { CliFailure } from './context.ts';

/** What can be drawn of an architecture. */
export type Drawable =
  | { readonly kind: 'network'; readonly network: NetworkDescription }
  | { readonly kind: 'cell'; readonly cell: RecurrentCellArchitecture }
  | { readonly kind: 'native-cell'; readonly cell: NativeCellArchitecture }
  /** Of a space that has no drawing; a user's own code is never run by commands that only read. */
  | { readonly kind: 'other'; readonly architecture: unknown };

const recurrent = z.looseObject({ kind: z.enum(['recurrent-cell', 'native-cell']) });

/**
 * @param image the shape of the images, for the sizes of a network
 * @throws InvalidArchitectureError where a built-in kind is malformed
 */
export function drawableOf(architecture: unknown, image?: ImageInput): Drawable {
  if (recurrent.safeParse(architecture).success) {
    const cell = parseRecurrentArchitecture(architecture);
    return cell.kind === 'recurrent-cell' ? { kind: 'cell', cell } : { kind: 'native-cell', cell };
  }
  const network = describeArchitecture(architecture, image);
  return network === null ? { kind: 'other', architecture } : { kind: 'network', network };
}

/** For the terminal; what has no drawing as JSON. */
export function drawnInTerminal(drawable: Drawable, terminal: TerminalDrawing): string {
  switch (drawable.kind) {
    case 'network':
      return drawNetwork(drawable.network, terminal);
    case 'cell':
      return drawCell(drawable.cell, terminal);
    case 'native-cell':
      return drawNativeCell(drawable.cell, terminal);
    case 'other':
      return JSON.stringify(drawable.architecture, null, 2);
    default:
      return assertNever(drawable);
  }
}

/** As a figure. @throws CliFailure `NO_DRAWING` where there is nothing to draw */
export function drawnAsSvg(drawable: Drawable, drawing: SvgDrawing): string {
  switch (drawable.kind) {
    case 'network':
      return svgOfNetwork(drawable.network, drawing);
    case 'cell':
      return svgOfCell(drawable.cell, drawing);
    case 'native-cell':
      throw new CliFailure(
        'NO_DRAWING',
        `The ${drawable.cell.cell.toUpperCase()} layer of the engine has no tree that could be drawn: only cells of ` +
          'the space recurrent-cell have one, for example lstm-like. Leave --svg out to see its formulas.',
      );
    case 'other':
      throw new CliFailure(
        'NO_DRAWING',
        'Networks of this space cannot be drawn: only those of the spaces convolutional, nas-bench-201 and ' +
          'recurrent-cell can. Leave --svg out.',
      );
    default:
      return assertNever(drawable);
  }
}
