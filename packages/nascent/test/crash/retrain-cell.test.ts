import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { fixtures } from '../fixtures/paths.ts';
import { delay, RetrainGround } from './retrain-process.ts';

/*
 * The retraining of a recurrent cell as users run it, by its name: the compiled command line, the grid's worker
 * process, the engine with one thread, real text and SIGKILL.
 */

const kills = 3;
/** Print it and set it to repeat a failure. */
const seed = Number(process.env['NASCENT_CRASH_SEED'] ?? Date.now());

let ground: RetrainGround;
beforeAll(async () => {
  ground = await RetrainGround.make(
    {
      space: { use: 'recurrent-cell' },
      evaluator: {
        use: 'language-model',
        options: {
          dataset: {
            name: 'text',
            path: join(fixtures.text, 'war-and-peace.txt'),
            trainTokens: 3000,
            validationTokens: 300,
            vocabularySize: 100,
            unknown: '<unk>',
          },
          model: { layers: 2, hidden: 12 },
          epochs: 4,
          batchSize: 5,
          steps: 20,
        },
      },
      strategy: { use: 'random' },
      reward: { kind: 'inverse-square-perplexity' },
      trials: 1,
      seed: 11,
      retrain: {
        grid: { learningRate: [1, 0.5], dropout: [0, 0.3] },
        final: { epochs: 24 },
        checkpointEvery: 2,
      },
    },
    ['nascell', '--config', 'config.json'],
  );
});
afterAll(() => ground.remove());

describe(`SIGKILL in the middle of retrain of a cell (NASCENT_CRASH_SEED=${seed})`, {
  timeout: 300_000,
}, () => {
  it(`killed ${kills} times it ends with the grid and the weights of one never killed, bit for bit`, async () => {
    await ground.toTheEnd('whole');
    const random = randomStream(seed, 'retrain kills');
    let killed = 0;
    while (killed < kills) {
      const attempt = ground.start('killed');
      const moment = [/^\[\d\/4\]/m, /^final training/m, /^\[epoch \d+\/24\]/m][killed % 3] as RegExp;
      await Promise.race([attempt.ended, attempt.says(moment)]);
      await Promise.race([attempt.ended, delay(random.uniform() * 150)]);
      attempt.kill();
      const code = await attempt.ended;
      if (code !== null && code !== 0) throw new Error(`it failed by itself:\n${attempt.said()}`);
      if (code === 0) break;
      killed++;
    }
    await ground.toTheEnd('killed');
    expect(killed, 'it was killed while it worked').toBeGreaterThan(1);
    const [whole, after] = await Promise.all([ground.gridOf('whole'), ground.gridOf('killed')]);
    expect(after.runs).toEqual(whole.runs);
    const model = (out: string) => readFileSync(ground.path(out, 'model.safetensors'));
    expect(model('killed').equals(model('whole'))).toBe(true);
    const result = (log: typeof whole.log) =>
      log.find(({ kind }) => kind === 'test-set-result')?.detail['perplexity'];
    expect(result(after.log)).toBe(result(whole.log));
  });

  it('Ctrl-C says how to resume, and the same command goes on and prints the test perplexity', async () => {
    const { child, ended, says, said } = ground.start('interrupted');
    await Promise.race([ended, says(/^\[epoch 4\/24\]/m)]);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said()).toContain('npx nascent retrain nascell --config config.json --out interrupted');
    expect((await ground.gridOf('interrupted')).log.map(({ kind }) => kind)).not.toContain('test-set-opened');
    const printed = await ground.toTheEnd('interrupted');
    expect(printed).toMatch(/^test perplexity \d+\.\d+ \(\d\.\d{4} bits per word\) on 2,284 words$/m);
    expect(printed).toMatch(/^validation perplexity \d+\.\d+ after 24 epochs, [\d,]+ parameters$/m);
    expect(printed).toMatch(
      /^recipe of run \d: learning rate .* dropout .* embedding, decay from epoch \d+$/m,
    );
  });

  it('done, --json gives the stored result: the test text was opened once', async () => {
    const printed: unknown = JSON.parse(await ground.toTheEnd('interrupted', '--json'));
    expect(printed).toMatchObject({
      network: 'nascell',
      stored: true,
      final: { epochs: 24, level: 'word', shape: { hidden: 12, layers: 2 } },
      test: { metric: 'perplexity', words: 2284, cutOff: 0 },
    });
    const { log } = await ground.gridOf('interrupted');
    expect(log.filter(({ kind }) => kind === 'test-set-opened')).toHaveLength(1);
  });
});
