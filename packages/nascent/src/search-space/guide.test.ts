import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const guide = readFileSync(source('../../../../docs/guide/search-spaces.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'nascent-guide-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The guide's files, which import what the package exports. */
const files = [...guide.matchAll(/```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)```/g)].map(
  ([, name = '', text = '']) => ({ name, text }),
);
writeFileSync(
  join(folder, 'nascent.ts'),
  `export * from ${JSON.stringify(source('./index.ts'))};\nexport { randomStream } from ${JSON.stringify(source('../random.ts'))};\n`,
);
for (const { name, text } of files)
  writeFileSync(join(folder, name), text.replaceAll("from 'nascent'", "from './nascent.ts'"));

const run = (name: string) => import(/* @vite-ignore */ pathToFileURL(join(folder, name)).href);

describe('the guide to search spaces', () => {
  it('has a space in ten lines that runs and passes its check', async () => {
    const lines = /export const towers[\s\S]*?^\}\);$/m.exec(files[0]?.text ?? '')?.[0].split('\n');
    expect(lines?.length).toBeLessThanOrEqual(10);
    await expect(run('my-space.check.ts')).resolves.toBeDefined();
  });

  it('shows what running its example prints', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await run('try-it.ts');
    const [tokens, architecture, count] = log.mock.calls.map(([first]) => first);
    log.mockRestore();
    const [shown] = /towers@1\/\w{8}\/layers=2\/width=/.exec(guide) ?? [];
    expect(tokens).toContain(shown);
    expect(architecture).toHaveLength(2);
    expect(guide).toContain(`// ${count} =`);
  });
});
