import type { TopLevelSpec } from 'vega-lite';
import { textWidth } from './text-width.ts';

/**
 * Draws a chart as SVG. Vega is loaded at the first call, so that other commands do not pay for it.
 * @param name begins every id in the drawing, so that several can stand in one page
 */
export async function renderSvg(spec: TopLevelSpec, name: string): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  measureText(vega);
  const { spec: compiled } = vegaLite.compile(spec);
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    return withOwnIds(svg, name);
  } finally {
    view.finalize();
  }
}

/** Vega counts clip paths through the whole process; counted anew, the same chart is the same bytes. */
function withOwnIds(svg: string, name: string): string {
  const ids = new Map<string, string>();
  const own = (id: string): string => {
    const known = ids.get(id) ?? `${name}-${ids.size + 1}`;
    ids.set(id, known);
    return known;
  };
  return svg
    .replaceAll(/\bid="([^"]+)"/g, (_, id: string) => `id="${own(id)}"`)
    .replaceAll(/url\(#([^)]+)\)/g, (_, id: string) => `url(#${own(id)})`);
}

/** The measure of text that Vega lets its host give; missing in its published types. */
interface TextMetrics {
  width: (item: { readonly fontSize?: number }, text: unknown) => number;
}

function measureText(vega: object): void {
  const { textMetrics } = vega as { readonly textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize = 11 }, text) => textWidth(String(text ?? ''), fontSize);
}
