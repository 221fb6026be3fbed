import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

describe('README', () => {
  const readme = read('README.md');

  it.each(['examples/quickstart.config.ts', 'examples/00-library.ts'])('shows %s as it is', (path) => {
    expect(readme).toContain(`\`\`\`ts\n${read(path)}\`\`\``);
  });

  it('shows the library in at most 25 lines', () => {
    expect(read('examples/00-library.ts').trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });

  it.each(['README.md', 'ARCHITECTURE.md', 'docs/paper-map.md', 'docs/guide/config.md'])(
    '%s links only to what is there',
    (page) => {
      const links = [...read(page).matchAll(/\]\(([^)#]+)\)/g)].flatMap(([, target]) => target ?? []);
      const local = links.filter((target) => !/^https?:/.test(target));
      expect(local.length).toBeGreaterThan(0);
      const missing = local.filter((target) => !existsSync(new URL(target, new URL(page, root))));
      expect(missing).toEqual([]);
    },
  );
});
