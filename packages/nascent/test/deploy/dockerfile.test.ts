import { existsSync } from 'node:fs';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { readDeploy } from './manifests.ts';

const root = new URL('../../../../', import.meta.url);
const text = readDeploy('Dockerfile');
const faultsOf = (dockerfile: string): unknown[] => validate(dockerfile).map(({ message }) => message);
/** Instructions with their continuation lines, without comments. */
const instructions = text
  .split('\n')
  .filter((line) => !line.startsWith('#'))
  .join('\n')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '');

describe('Dockerfile', () => {
  it('is a valid one', () => {
    expect(faultsOf(text)).toEqual([]);
    expect(faultsOf(text.replace('WORKDIR /app', 'WORKDIRECTORY /app'))).toEqual([
      expect.stringMatching(/Unknown instruction: WORKDIRECTORY/),
    ]);
  });

  it('ends as a user without rights, with nascent behind an init', () => {
    expect(instructions.filter((line) => line.startsWith('USER'))).toEqual(['USER 1000:1000']);
    expect(instructions).toContain('ENTRYPOINT ["tini", "--", "nascent"]');
  });

  it('is given what set-up needs: what its .dockerignore lets in is there', () => {
    const allowed = readDeploy('Dockerfile.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(allowed).toEqual(expect.arrayContaining(['scripts/setup.mjs', 'package-lock.json', 'packages']));
    expect(allowed.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });
});
