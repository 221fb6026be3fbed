import type { SecurityContext } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../../src/study/config.ts';
import { typeFaults } from './kubernetes-types.ts';
import {
  documentsOf,
  type Json,
  type KubernetesObject,
  kubernetesFiles,
  kubernetesObjects,
  listOf,
  objectOf,
  readDeploy,
  textsOf,
} from './manifests.ts';
import { containersOf, podOf, podsOf } from './pods.ts';

const objects = kubernetesObjects();
const named = (kind: string, name: string): KubernetesObject => {
  const found = objects.find((object) => object.kind === kind && object.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
};

const noRights: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** A copy with something wrong in it. */
function spoilt(object: KubernetesObject, from: string, to: string): KubernetesObject {
  const text = JSON.stringify(object.body);
  if (!text.includes(from)) throw new Error(`${object.kind} ${object.name} has no ${from}`);
  const body = objectOf(JSON.parse(text.replace(from, to)) as Json);
  return { ...object, body };
}

describe('Kubernetes manifests', () => {
  it('are valid by the types of the API; what is wrong is told', () => {
    const workers = named('Deployment', 'workers');
    const wrong = [
      spoilt(workers, '"livenessProbe"', '"livenesProbe"'),
      spoilt(workers, '"replicas":4', '"replicas":"four"'),
      spoilt(workers, '"selector"', '"selectors"'),
      spoilt(workers, '"drop":["ALL"]', '"dropp":["ALL"]'),
      spoilt(named('PodDisruptionBudget', 'workers'), '"maxUnavailable"', '"maximumUnavailable"'),
      spoilt(named('Service', 'postgres'), '"kind":"Service"', '"kind":"Servise"'),
    ];
    const faults = typeFaults([...objects, ...wrong]);
    const said = objects.map(({ file, kind, name }, k) => ({
      object: `${file}: ${kind} ${name}`,
      faults: faults[k],
    }));
    expect(said.filter((each) => each.faults?.length !== 0)).toEqual([]);
    expect(faults.slice(objects.length).map(([first = '']) => first)).toEqual([
      expect.stringContaining(`'"livenesProbe"' does not exist`),
      expect.stringContaining("Type 'string' is not assignable to type 'number'"),
      expect.stringContaining(`'"selectors"' does not exist`),
      expect.stringContaining(`'"dropp"' does not exist`),
      expect.stringContaining(`'"maximumUnavailable"' does not exist`),
      expect.stringContaining(`'"Servise"' is not assignable`),
    ]);
  }, 120_000);

  it('kustomize is told of every file, but for the two that it says', () => {
    const [kustomization] = documentsOf('kubernetes/kustomization.yaml');
    const { resources, images } = z
      .strictObject({
        apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
        kind: z.literal('Kustomization'),
        namespace: z.literal('nascent'),
        resources: z.array(z.string()),
        images: z.array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() })),
      })
      .parse(kustomization);
    const apart = ['secret.example.yaml', 'workers-gpu.yaml'];
    expect([...resources, ...apart].sort()).toEqual(kubernetesFiles());
    expect(images.map(({ name }) => name)).toEqual(['nascent']);
  });

  it('lie in one namespace, each under its own name', () => {
    const placed = objects.filter(({ kind }) => kind !== 'Namespace');
    expect(placed.filter(({ body }) => objectOf(body['metadata'])['namespace'] !== 'nascent')).toEqual([]);
    const names = objects.map(({ kind, name }) => `${kind} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(podsOf(objects))('$title: what it refers to is there', ({ object }) => {
    const pod = podOf(object);
    const volumes = [
      ...listOf(pod.spec['volumes']),
      ...listOf(objectOf(object.body['spec'])['volumeClaimTemplates']).map(
        (claim) => objectOf(claim)['metadata'],
      ),
    ].map((volume) => objectOf(volume ?? null)['name']);
    for (const container of containersOf(object)) {
      for (const { key, value } of container.references) {
        const { name, key: entry } = z.strictObject({ name: z.string(), key: z.string() }).parse(value);
        const [kind, field] = key === 'secretKeyRef' ? ['Secret', 'stringData'] : ['ConfigMap', 'data'];
        const holder = objects.find((other) => other.kind === kind && other.name === name);
        expect(Object.keys(objectOf(holder?.body[field ?? '']))).toContain(entry);
      }
      for (const mount of container.mounts) expect(volumes).toContain(mount);
    }
    const selector = objectOf(object.body['spec'])['selector'];
    if (selector !== undefined) expect(objectOf(selector)['matchLabels']).toEqual(pod.labels);
  });

  it.each(podsOf(objects))('$title: no rights that it does not need', ({ object }) => {
    const { spec } = podOf(object);
    expect(spec['securityContext']).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec['automountServiceAccountToken']).toBe(false);
    for (const { body } of containersOf(object)) {
      expect(body['securityContext']).toEqual(noRights);
      expect(objectOf(objectOf(body['resources'])['limits'])['memory']).toBeDefined();
    }
  });

  it.each(['workers', 'workers-gpu'])('%s: threads as many as its processors, and it stays', (name) => {
    const worker = containersOf(named('Deployment', name)).find((container) => container.name === 'worker');
    const args = textsOf(worker?.body['args']);
    const option = (key: string) => Number(args.find((arg) => arg.startsWith(`--${key}=`))?.split('=')[1]);
    const limits = objectOf(objectOf(worker?.body['resources'])['limits']);
    expect(option('slots') * option('threads')).toBe(Number(limits['cpu']));
    expect(args).toContain('--stay');
    const port = option('metrics');
    expect(objectOf(listOf(worker?.body['ports'])[0])).toEqual({ name: 'metrics', containerPort: port });
    const { annotations } = podOf(named('Deployment', name));
    expect(annotations).toMatchObject({
      'prometheus.io/port': String(port),
      'prometheus.io/path': '/metrics',
    });
  });

  it('the search is that of search.config.json, and a valid one', () => {
    const stored = objectOf(named('ConfigMap', 'study').body['data'])['search.config.json'];
    const config: unknown = JSON.parse(String(stored));
    expect(config).toEqual(JSON.parse(readDeploy('search.config.json')));
    expect(() => parseConfig(config, 'search.config.json')).not.toThrow();
  });
});
