import { describe, expect, it } from 'vitest';
import { controllerCommand, exportCommand, resumeCommand, retrainCommand } from './resume-command.ts';

describe('the command that resumes a search', () => {
  it('repeats the seed, which the study would be refused without, and the other options', () => {
    expect(resumeCommand('a.config.ts', 'a.db', { seed: 0, trials: 100, workers: 2 })).toBe(
      'npx nascent search a.config.ts --study a.db --trials 100 --workers 2 --seed 0',
    );
  });

  it('says nothing of what the config decided', () => {
    expect(resumeCommand('a.config.ts', 'a.db', {})).toBe('npx nascent search a.config.ts --study a.db');
  });

  it('quotes what a shell would take apart', () => {
    expect(resumeCommand('a.ts', 'a.db', { device: 'cuda:0, cuda:1' })).toBe(
      "npx nascent search a.ts --study a.db --device 'cuda:0, cuda:1'",
    );
    expect(resumeCommand("my config's.ts", 'a b.db', {})).toBe(
      "npx nascent search 'my config'\\''s.ts' --study 'a b.db'",
    );
  });
});

describe('a command for a study on a server', () => {
  const study = 'postgres://me:geheim@db.example:5433/nas/cnn?sslmode=require&sslrootcert=/ca.pem';
  const shown = "'postgres://me@db.example:5433/nas/cnn?sslmode=require'";
  const hint = '# the password: PGPASSWORD or ~/.pgpass';

  it('shows no password, and says where it comes from in a comment', () => {
    expect(resumeCommand('a.ts', study, { trials: 9 })).toBe(
      `npx nascent search a.ts --study ${shown} --trials 9 ${hint}`,
    );
    expect(controllerCommand(study, { replicas: 2 })).toBe(
      `npx nascent controller --study ${shown} --replicas 2 ${hint}`,
    );
    expect(retrainCommand('3', { study })).toBe(`npx nascent retrain 3 --study ${shown} ${hint}`);
    expect(exportCommand('3', { study })).toBe(
      `npx nascent export 3 --format onnx,pytorch --out exported --study ${shown} ${hint}`,
    );
  });
});

describe('the command that exports what was retrained', () => {
  it('names the model only where it was put elsewhere, and quotes', () => {
    expect(exportCommand('3', {})).toBe('npx nascent export 3 --format onnx,pytorch --out exported');
    expect(exportCommand('3', { study: 's.db', out: 'my model' })).toBe(
      "npx nascent export 3 --format onnx,pytorch --out exported --study s.db --model 'my model/model.safetensors'",
    );
  });
});
