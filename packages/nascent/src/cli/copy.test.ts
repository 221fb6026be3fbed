import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { me, newStudy, newTrial } from '../../test/contract/store-contract.ts';
import { runCommand } from '../../test/fixtures/cli.ts';
import { openStore } from '../store/open-store.ts';
import { thisProcess } from '../study/this-process.ts';
import { registerCopyCommand } from './copy.ts';

let place = '';
const copy = (...words: string[]) => runCommand(registerCopyCommand, ['copy', ...words], { cwd: place });

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'nascent-copy-'));
  const store = await openStore(join(place, 'a.db'), { access: 'create' });
  const { id } = await store.createStudy(newStudy);
  await store.claim(id, me, () => 'alive');
  await store.ask(id, me, [newTrial(1), newTrial(2)], { bytes: Uint8Array.of(1), from: 0 });
  await store.release(id, me);
  await store.close();
});
afterEach(() => rmSync(place, { recursive: true }));

describe('nascent copy', () => {
  it('says what was copied and where to', async () => {
    const { code, out } = await copy('a.db', 'b.db');
    expect(out).toMatch(/^copied first: 2 trials \(3 rows\) to b\.db in [\d.]+ s$/);
    expect(code).toBe(0);
    const store = await openStore(join(place, 'b.db'), { access: 'read' });
    expect(await store.trials(1)).toHaveLength(2);
    await store.close();
  });

  it('--json is one document', async () => {
    const { out } = await copy('a.db', 'b.db', '--json');
    expect(JSON.parse(out)).toEqual({
      from: join(place, 'a.db'),
      to: join(place, 'b.db'),
      study: 'first',
      trials: 2,
      rows: 3,
      seconds: expect.any(Number),
    });
  });

  it('refuses a study that this very machine runs, and says how to have it all the same', async () => {
    const store = await openStore(join(place, 'a.db'), { access: 'write' });
    await store.claim(1, thisProcess().identity, () => 'alive');
    const refused = await copy('a.db', 'b.db');
    expect(refused.code).toBe(1);
    expect(String(refused.failure)).toMatch(/is being run by pid \d+ on host .*--force/);
    expect((await copy('a.db', 'b.db', '--force')).code).toBe(0);
    await store.close();
  });

  it('refuses to overwrite', async () => {
    await copy('a.db', 'b.db');
    const { code, failure } = await copy('a.db', 'b.db');
    expect(code).toBe(1);
    expect(String(failure)).toMatch(/already holds a study called "first"/);
  });
});
