/** A report before it is Markdown or HTML. Texts are plain: what means something in either is escaped. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  /** `name`.svg, whose drawing is given to `toHtml`. */
  | { readonly kind: 'figure'; readonly name: string; readonly caption: string };

/** GitHub's Markdown; figures refer to files beside it. */
export function toMarkdown(blocks: readonly Block[]): string {
  return `${blocks.map(markdownBlock).join('\n\n')}\n`;
}

function markdownBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${escapeMarkdown(block.text)}`;
    case 'paragraph':
      return escapeMarkdown(block.text);
    case 'list':
      return block.items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');
    case 'table':
      return [block.head, block.head.map((_, at) => (at === 0 ? '---' : '---:')), ...block.rows]
        .map(
          (cells, at) => `| ${cells.map((cell) => (at === 1 ? cell : escapeMarkdown(cell))).join(' | ')} |`,
        )
        .join('\n');
    case 'figure':
      return `![${escapeMarkdown(block.caption)}](${block.name}.svg)`;
  }
}

/**
 * A label may hold anything. What cannot mean anything is left readable: an underscore inside a word, a "<" that
 * opens no tag, the brackets of an interval.
 */
function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*|]|(?<!\w)_|_(?!\w)|<(?=[a-z/!?])/gi, (sign) => `\\${sign}`)
    .replaceAll('\n', ' ');
}

/**
 * One file that needs nothing else: no scripts, no fonts, no network.
 * @param drawings SVG by name of figure
 */
export function toHtml(
  title: string,
  blocks: readonly Block[],
  drawings: ReadonlyMap<string, string>,
): string {
  const body = blocks.map((block) => htmlBlock(block, drawings)).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

function htmlBlock(block: Block, drawings: ReadonlyMap<string, string>): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escapeHtml(block.text)}</h${block.level}>`;
    case 'paragraph':
      return `<p>${escapeHtml(block.text)}</p>`;
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join('\n')}\n</ul>`;
    case 'table':
      return htmlTable(block.head, block.rows);
    case 'figure':
      return `<figure>\n${drawings.get(block.name) ?? ''}\n<figcaption>${escapeHtml(block.caption)}</figcaption>\n</figure>`;
  }
}

function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('\n');
  return `<div class="wide"><table>\n<thead>${line(head, 'th')}</thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const STYLE = `
body { margin: 0; background: #fff; color: #222; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; }
main { max-width: 76rem; margin: 2rem auto 4rem; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; }
p, ul { margin: 0.6rem 0; max-width: 48rem; overflow-wrap: anywhere; }
li { margin: 0.25rem 0; }
.wide { overflow-x: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; font-size: 0.82rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.55rem; text-align: right; border-bottom: 1px solid #e3e3e3; white-space: nowrap; }
th { font-weight: 600; border-bottom: 2px solid #bbb; vertical-align: bottom; white-space: normal; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
figure { margin: 1.5rem 0; }
figure svg { max-width: 100%; height: auto; }
figcaption { color: #555; font-size: 0.85rem; }
@media (prefers-color-scheme: dark) {
  body { background: #17191c; color: #dcdcdc; }
  th, td { border-bottom-color: #34383d; }
  th { border-bottom-color: #60666d; }
  figcaption { color: #a5a9ae; }
  figure svg { background: #fff; border-radius: 4px; }
}
`;
