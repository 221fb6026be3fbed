import { describe, expect, it } from 'vitest';
import { type Block, toHtml, toMarkdown } from './document.ts';

const blocks: readonly Block[] = [
  { kind: 'heading', level: 2, text: 'a_b and _c_' },
  { kind: 'paragraph', text: 'p < 0.05 [0.1, 0.2], <b> & *x*' },
  { kind: 'table', head: ['s', 'n'], rows: [['a|b', '1']] },
  { kind: 'list', items: ['one', 'two'] },
  { kind: 'figure', name: 'chart', caption: 'What it shows.' },
];

describe('document', () => {
  it('as Markdown, where labels cannot break a table or open a tag', () => {
    expect(toMarkdown(blocks)).toBe(
      [
        '## a_b and \\_c\\_',
        'p < 0.05 [0.1, 0.2], \\<b> & \\*x\\*',
        '| s | n |\n| --- | ---: |\n| a\\|b | 1 |',
        '- one\n- two',
        '![What it shows.](chart.svg)\n',
      ].join('\n\n'),
    );
  });

  it('as one page of HTML, with the drawings in it and nothing to fetch or run', () => {
    const html = toHtml('T & t', blocks, new Map([['chart', '<svg id="drawn"></svg>']]));
    expect(html).toContain('<title>T &amp; t</title>');
    expect(html).toContain('<p>p &lt; 0.05 [0.1, 0.2], &lt;b&gt; &amp; *x*</p>');
    expect(html).toContain('<tr><td>a|b</td><td>1</td></tr>');
    expect(html).toContain('<svg id="drawn"></svg>');
    expect(html).not.toMatch(/<script|<link|src=|https?:/);
  });
});
