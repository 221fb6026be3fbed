/** Widths in units of the font size, a little above those of Helvetica and Arial, so that wider fonts fit too. */
const NARROW = 0.33; // i l . ' …
const WIDE = 0.92; // m w M W % …
const CAPITAL = 0.74;
const OTHER = 0.6;

/**
 * Width of a line of text in pixels, estimated from its letters: there is no canvas to measure it on. Without it
 * Vega takes 0.8 of the font size for every letter, and leaves wide empty margins.
 */
export function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const letter of text) {
    if (/[iljtfrI.,:;'’|!()[\] ]/.test(letter)) width += NARROW;
    else if (/[mwMW%—]/.test(letter)) width += WIDE;
    else width += /[A-Z]/.test(letter) ? CAPITAL : OTHER;
  }
  return width * fontSize;
}
