import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { me, newStudy, newTrial, result } from '../../test/contract/store-contract.ts';
import { runCommand } from '../../test/fixtures/cli.ts';
import { openStore } from '../store/open-store.ts';
import { registerTrialsCommand } from './trials.ts';

/** More than two pages of those that are read at a time. */
const COUNT = 2003;

let place = '';
const trials = (...words: string[]) =>
  runCommand(registerTrialsCommand, ['trials', ...words], { cwd: place });

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'nascent-trials-'));
  for (const [name, count] of [
    ['nascent.db', COUNT],
    ['empty.db', 0],
  ] as const) {
    const store = await openStore(join(place, name), { access: 'create' });
    const { id } = await store.createStudy(newStudy);
    await store.claim(id, me, () => 'alive');
    const drawn = Array.from({ length: count }, (_, i) => newTrial(i + 1));
    await store.ask(id, me, drawn, { bytes: Uint8Array.of(1), from: 0 });
    if (count > 0) {
      await store.startTrial(id, me, 1500);
      await store.tell(id, me, result(1500), { bytes: Uint8Array.of(2), from: 1 });
    }
    await store.close();
  }
});
afterAll(() => rmSync(place, { recursive: true }));

describe('nascent trials', () => {
  it('prints every trial in one table, however many there are', async () => {
    const { out } = await trials();
    const lines = out.split('\n');
    expect(lines).toHaveLength(COUNT + 2);
    expect(lines[0]).toMatch(
      /^trial {2}state {2} +score {2}reward {2}parameters {2}epochs {2}time {2}tokens$/,
    );
    expect(lines[1]).toMatch(/^ {4}1 {2}queued .* 1$/);
    expect(lines[1500]).toMatch(/^ 1500 {2}completed {2}20\.00 % {2}0\.0080 {6}12,345 +2 +0 s {2}1$/);
    expect(lines[COUNT]).toMatch(/^ 2003 /);
  });

  it('--top prints the best', async () => {
    const { out } = await trials('--top', '5');
    expect(out.split('\n')).toHaveLength(3); // one has a reward
    expect(out).toMatch(/1500 {2}completed/);
  });

  it('--json is one array, however many there are', async () => {
    const { out } = await trials('--json');
    const parsed = JSON.parse(out) as { number: number; architecture: unknown }[];
    expect(parsed.map(({ number }) => number)).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
    expect(out).toBe(JSON.stringify(parsed, null, 2));
  });

  it('of an empty study says so', async () => {
    expect((await trials('--study', 'empty.db')).out).toBe('This study has no trials yet.');
    expect((await trials('--study', 'empty.db', '--json')).out).toBe('[]');
    expect((await trials('--study', 'empty.db', '--top', '3', '--json')).out).toBe('[]');
  });
});
