import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// Loading happens once in a process, so each case is a process of its own.

const index = new URL('./index.ts', import.meta.url).href;
const root = fileURLToPath(new URL('../../..', import.meta.url));

function run(script: string, environment: Record<string, string> = {}): string {
  return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: root,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  }).trim();
}

describe('loading', () => {
  it('importing loads no engine; the first use does', () => {
    const script = `
      import * as torch from ${JSON.stringify(index)};
      const before = torch.isTorchLoaded();
      torch.zeros([1]);
      console.log(before, torch.isTorchLoaded());`;
    expect(run(script)).toBe('false true');
  });

  const report = `
    import { zeros } from ${JSON.stringify(index)};
    try { zeros([1]); } catch (error) { console.log(error.name, error.code, error.message); }`;

  it('an addon that has not been built is TORCH_NOT_FOUND and names the mending command', () => {
    const output = run(report, { NASCENT_TORCH_ADDON: '/nowhere/nascent_torch.node' });
    expect(output).toMatch(/^TorchNotFoundError TORCH_NOT_FOUND .*\/nowhere\/nascent_torch\.node/);
    expect(output).toContain('npm run setup');
  });

  it('an addon that does not load says why', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nascent-addon-'));
    const file = join(folder, 'nascent_torch.node');
    writeFileSync(file, 'no shared library');
    const output = run(report, { NASCENT_TORCH_ADDON: file });
    rmSync(folder, { recursive: true });
    expect(output).toMatch(/^TorchNotFoundError TORCH_NOT_FOUND the libtorch addon does not load/);
    expect(output).toContain('npm run setup');
  });

  it('a second thread of the process is refused, typed', () => {
    const script = `
      import { Worker } from 'node:worker_threads';
      import { zeros } from ${JSON.stringify(index)};
      zeros([1]);
      const code = \`
        import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(index)}); })
          .then(({ zeros }) => zeros([1]))
          .then(() => console.log('no error'), (error) => console.log(error.code))\`;
      new Worker(code, { eval: true });`;
    expect(run(script)).toBe('ENGINE_IN_USE');
  });

  it('the process ends by itself, batch threads and shared buffers included', () => {
    const script = `
      import { BatchStream, fromBuffer, zeros } from ${JSON.stringify(index)};
      const stream = new BatchStream(zeros([4, 1, 2, 2], { dtype: 'uint8' }), zeros([4], { dtype: 'int64' }), { whitening: { kind: 'per-channel', mean: [0], std: [1] } });
      stream.prepare([0, 1]);
      globalThis.held = [stream, fromBuffer(new Float32Array(9))];
      console.log('end');`;
    expect(run(script)).toBe('end');
  });
});

describe('build.mjs', () => {
  const build = fileURLToPath(new URL('../native/build.mjs', import.meta.url));

  it('a LIBTORCH that holds none is refused with the way to mend it', () => {
    const { status, stderr } = spawnSync(process.execPath, [build], {
      env: { ...process.env, LIBTORCH: '/nowhere' },
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('LIBTORCH=/nowhere');
    expect(stderr).toMatch(/To mend it: unset LIBTORCH/);
  });
});
