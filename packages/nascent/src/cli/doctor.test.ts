import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../test/fixtures/cli.ts';
import { checkStore } from './check-disk.ts';
import { engineChecks, probeEngine } from './check-engine.ts';
import { checkNode, registerDoctorCommand } from './doctor.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nascent-doctor-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));
const context = (directory: string) => ({
  out() {},
  err() {},
  interactive: false,
  color: false,
  cwd: directory,
  env: {},
});

describe('nascent doctor', () => {
  it.each([
    ['18.20.0', 'missing'],
    ['20.10.9', 'missing'],
    ['20.11.0', 'ok'],
    ['22.0.0', 'ok'],
  ])('Node.js %s is %s', (version, state) => {
    expect(checkNode(version).state).toBe(state);
  });

  it('a directory in which a study file can be made is ok, and is left as it was', async () => {
    expect(await checkStore(context(cwd))).toMatchObject({ state: 'ok', fix: null });
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('one in which it cannot is missing something, and the fix is said', async () => {
    const file = join(cwd, 'file');
    writeFileSync(file, '');
    const check = await checkStore(context(join(file, 'below')));
    expect(check).toMatchObject({ state: 'missing', fix: expect.stringContaining('--study') });
    rmSync(file);
  });

  describe('the engine', () => {
    it('a missing addon is found in a process of its own, with the command that mends it', async () => {
      const env = { ...process.env, NASCENT_TORCH_ADDON: join(cwd, 'nowhere.node') };
      const [check] = engineChecks(await probeEngine(env), env);
      expect(check).toMatchObject({
        name: 'engine',
        state: 'missing',
        found: expect.stringContaining('nowhere.node'),
      });
      expect(check?.fix).toContain('npm run setup');
    });

    it('an engine that works is described by version, threads, linear algebra, precision and devices', async () => {
      const probe = await probeEngine(process.env);
      const checks = engineChecks(probe, process.env);
      expect(checks.map(({ name, state }) => (state === 'missing' ? `${name} missing` : name))).toEqual([
        'engine',
        'threads',
        'linear algebra',
        'bfloat16',
        'devices',
      ]);
    });

    it('an active wait policy and the reference BLAS are advised against', async () => {
      const info = {
        libtorch: '1.13.1',
        devices: ['cpu'],
        cpuCapability: 'AVX2',
        blas: 'reference',
        fastBfloat16: false,
      };
      const probe = { kind: 'loaded', loadMs: 700, gigaflops: 6, info } as const;
      const checks = engineChecks(probe, { OMP_WAIT_POLICY: 'ACTIVE' });
      const state = Object.fromEntries(checks.map((check) => [check.name, check.state]));
      expect(state).toMatchObject({ engine: 'ok', threads: 'advice', 'linear algebra': 'advice' });
    });
  });

  it('--json says whether a search can run, check by check; without an engine it fails with code 1', async () => {
    const env = { ...process.env, NASCENT_TORCH_ADDON: join(cwd, 'nowhere.node') };
    const { code, out } = await runCommand(registerDoctorCommand, ['doctor', '--json'], { cwd, env });
    expect(code).toBe(1);
    const report = JSON.parse(out);
    expect(report.ok).toBe(false);
    expect(report.checks.map((check: { name: string }) => check.name)).toEqual(
      expect.arrayContaining(['Node.js', 'engine', 'data cifar10', 'store', 'disk space']),
    );
  });
});
