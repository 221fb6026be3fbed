import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseStudyUrl } from '../../src/store/postgres/study-url.ts';
import { commandFault, commandsIn } from './commands.ts';
import { composeFile, kubernetesObjects, objectOf, stringsIn, textsOf } from './manifests.ts';
import { containersOf, podsOf } from './pods.ts';

interface Line {
  readonly where: string;
  readonly words: readonly string[];
}

const isOurs = (image: unknown): boolean => typeof image === 'string' && /(^|\/)nascent(:|$)/.test(image);
const objects = kubernetesObjects();
const study = objects.find(({ kind, name }) => kind === 'ConfigMap' && name === 'study');
const variables = objectOf(study?.body['data']);

const composed: Line[] = Object.entries(objectOf(composeFile()['services'])).flatMap(([name, service]) => {
  const { image, command } = objectOf(service);
  return isOurs(image) ? [{ where: `compose.yaml, ${name}`, words: textsOf(command) }] : [];
});
const orchestrated: Line[] = podsOf(objects).flatMap(({ title, object }) =>
  containersOf(object)
    .filter(({ image }) => isOurs(image))
    .map(({ name, body, references }) => ({
      where: `${object.file}, ${title}, ${name}`,
      // What Kubernetes fills in, from the variables that the container really has.
      words: textsOf(body['args']).map((word) =>
        word.replace(/\$\((\w+)\)/g, (_, variable: string) => {
          const known = references.some((reference) => reference.variable === variable);
          return known ? String(variables[variable]) : '';
        }),
      ),
    })),
);
const lines = [...composed, ...orchestrated];

const pages = ['docs/guide/many-machines.md'] as const;
const root = new URL('../../../../', import.meta.url);
const pageText = (page: string): string => readFileSync(new URL(page, root), 'utf8');

describe('command lines', () => {
  it('are in every place where they are looked for', () => {
    expect(composed.map(({ words }) => words[0])).toEqual([
      'data',
      'controller',
      'worker',
      'worker',
      'status',
    ]);
    expect(orchestrated.map(({ words }) => words[0])).toEqual(
      expect.arrayContaining(['data', 'controller', 'worker']),
    );
    expect(orchestrated.length).toBe(6);
  });

  it.each(lines)('$where: nascent understands it', async ({ words }) => {
    expect(await commandFault(words)).toBeNull();
  });

  it.each(lines.filter(({ words }) => words[0] !== 'data'))(
    '$where: its study has a URL without a password',
    (line) => {
      const [, url] = /(?:^| )--study[= ](\S+)/.exec(line.words.join(' ')) ?? [];
      const { safe, study: name, user } = parseStudyUrl(url ?? '');
      expect({ url, name, user }).toEqual({ url: safe, name: 'first', user: 'nascent' });
    },
  );

  it.each([
    [['worker', '--study', 'postgres://db/nas/first', '--slot', '4'], /unknown option '--slot'/],
    [['worker', '--slots', '4'], /required option '--study <url>'/],
    [['worker', '--study', 'postgres://db/nas/first', '--slots', 'four'], /argument 'four' is invalid/],
    [['controler', '--study', 'postgres://db/nas/first'], /unknown command 'controler'/],
    [['data', 'fetch', 'cifar10', 'mnist'], /too many arguments/],
  ])('%j would not be understood', async (words, fault) => {
    expect(await commandFault(words)).toMatch(fault);
  });

  it.each(pages)('%s: nascent understands each of them', async (page) => {
    const commands = commandsIn(pageText(page));
    expect(commands.length).toBeGreaterThan(5);
    const faults = [];
    for (const words of commands) {
      const fault = await commandFault(words);
      if (fault !== null) faults.push(`nascent ${words.join(' ')}\n${fault}`);
    }
    expect(faults).toEqual([]);
  });

  it.each(pages)('%s: links only to what is there', (page) => {
    const targets = [...pageText(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].flatMap(
      ([, target]) => target ?? [],
    );
    const local = targets.filter((target) => !/^https?:/.test(target));
    expect(local.filter((target) => !existsSync(new URL(target, new URL(page, root))))).toEqual([]);
  });
});

describe('passwords', () => {
  it('are in no file: PGPASSWORD and POSTGRES_PASSWORD come from elsewhere', () => {
    for (const { object } of podsOf(objects)) {
      for (const { plain } of containersOf(object)) {
        expect(Object.keys(plain).filter((name) => /password|secret|token/i.test(name))).toEqual([]);
      }
    }
    const secrets = objects
      .filter(({ kind }) => kind === 'Secret')
      .flatMap(({ body }) => stringsIn(objectOf(body['stringData'])));
    expect(secrets).toEqual([{ path: '.password', text: '' }]);
  });

  it('compose.yaml takes it from the environment, and starts nothing without', () => {
    const text = readFileSync(new URL('deploy/compose.yaml', root), 'utf8');
    const given = [...text.matchAll(/^\s*\w*PASSWORD: (.*)$/gm)].map(([, value = '']) => value);
    expect(given.length).toBe(2);
    for (const value of given) expect(value).toMatch(/^\$\{POSTGRES_PASSWORD:\?[^}]+\}$/);
    const example = readFileSync(new URL('deploy/.env.example', root), 'utf8');
    expect(example).toMatch(/^POSTGRES_PASSWORD=$/m);
  });
});
