import { expect, it } from 'vitest';
import { textWidth } from './text-width.ts';

it('estimated widths are a little above those of Helvetica', () => {
  // Sums of Helvetica's character widths (Adobe's font metrics, thousandths of the font size).
  for (const [text, helvetica] of [
    ['million', 833 + 4 * 222 + 2 * 556],
    ['Minimum', 3 * 833 + 2 * 222 + 2 * 556],
    ['accuracy', 3 * 556 + 4 * 500 + 333],
  ] as const) {
    const estimate = textWidth(text, 1000);
    expect(estimate, text).toBeGreaterThan(helvetica);
    expect(estimate, text).toBeLessThan(1.25 * helvetica);
  }
});
