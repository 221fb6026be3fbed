import { type Json, type KubernetesObject, listOf, objectOf } from './manifests.ts';

/** What makes pods, and what is in them. */

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly body: { readonly [key: string]: Json };
  /** Variables with a plain value. */
  readonly plain: Readonly<Record<string, string>>;
  /** What `valueFrom` refers to, by variable. */
  readonly references: readonly { readonly variable: string; readonly key: string; readonly value: Json }[];
  readonly mounts: readonly string[];
}

const makers = new Set(['Deployment', 'StatefulSet', 'Job']);

export function podsOf(objects: readonly KubernetesObject[]) {
  return objects
    .filter(({ kind }) => makers.has(kind))
    .map((object) => ({ title: `${object.kind} ${object.name}`, object }));
}

export function podOf(object: KubernetesObject) {
  const template = objectOf(objectOf(object.body['spec'])['template']);
  const metadata = objectOf(template['metadata']);
  return {
    labels: objectOf(metadata['labels']),
    annotations: objectOf(metadata['annotations'] ?? {}),
    spec: objectOf(template['spec']),
  };
}

export function containersOf(object: KubernetesObject): Container[] {
  const { spec } = podOf(object);
  return [...listOf(spec['initContainers']), ...listOf(spec['containers'])].map((each) => {
    const body = objectOf(each);
    const env = listOf(body['env']).map((variable) => objectOf(variable));
    return {
      name: String(body['name']),
      image: String(body['image']),
      body,
      plain: Object.fromEntries(
        env.flatMap(({ name, value }) => (value === undefined ? [] : [[String(name), String(value)]])),
      ),
      references: env.flatMap(({ name, valueFrom }) =>
        valueFrom === undefined
          ? []
          : Object.entries(objectOf(valueFrom)).map(([key, value]) => ({
              variable: String(name),
              key,
              value,
            })),
      ),
      mounts: listOf(body['volumeMounts']).map((mount) => String(objectOf(mount)['name'])),
    };
  });
}
