/** How boxes of one kind of layer look. */
export interface KindStyle {
  /** Its name in the legend. */
  readonly name: string;
  /** The band at the left of the box, which holds the layer's number. */
  readonly band: string;
  /** The number on the band: black or white, whichever is told from it better. */
  readonly ink: '#000000' | '#ffffff';
  /** The box: the band's colour, nearly white. */
  readonly fill: string;
}

/**
 * The palette of Okabe & Ito (2008), which colour-blind readers tell apart. Colour only repeats what the label says
 * in words, so nothing is lost in a black-and-white print.
 */
const styles: ReadonlyMap<string, KindStyle> = new Map([
  ['input', style('image', '#bdbdbd', '#000000', '#f5f5f5')],
  ['convolution', style('convolution', '#0072b2', '#ffffff', '#e6f1f8')],
  ['separable-convolution', style('separable convolution', '#56b4e9', '#000000', '#eef7fd')],
  ['max-pooling', style('max pooling', '#e69f00', '#000000', '#fdf4e0')],
  ['average-pooling', style('average pooling', '#f0e442', '#000000', '#fdfbe2')],
  ['contrast-normalisation', style('local contrast normalisation', '#009e73', '#000000', '#e2f4ef')],
  ['identity', style('identity', '#ffffff', '#000000', '#ffffff')],
  ['residual-block', style('residual block', '#cc79a7', '#000000', '#f9eff4')],
  ['cell-node', style('nodes of a cell', '#56b4e9', '#000000', '#eef7fd')],
  ['classifier', style('classifier', '#d55e00', '#000000', '#fbebe0')],
]);

function style(name: string, band: string, ink: KindStyle['ink'], fill: string): KindStyle {
  return { name, band, ink, fill };
}

/** A kind that has no colour of its own is grey. */
export function styleOf(kind: string): KindStyle {
  return styles.get(kind) ?? style(kind, '#999999', '#000000', '#f2f2f2');
}
