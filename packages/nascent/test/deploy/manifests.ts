import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** The files of deploy/, as tests read them. */

const deploy = new URL('../../../../deploy/', import.meta.url);

export const readDeploy = (path: string): string => readFileSync(new URL(path, deploy), 'utf8');

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface KubernetesObject {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** All of it. */
  readonly body: { readonly [key: string]: Json };
}

const headed = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});

/** Every document of a YAML file. A key given twice, or an anchor that is not there, throws. */
export function documentsOf(path: string): Json[] {
  return parseAllDocuments(readDeploy(path), { merge: true, prettyErrors: true }).map((document) => {
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) throw new Error(`${path}: ${fault.message}`);
    return document.toJS() as Json;
  });
}

/** The names of the files with Kubernetes' objects, without kustomize's own. */
export function kubernetesFiles(): string[] {
  return readdirSync(new URL('kubernetes/', deploy))
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .sort();
}

export function kubernetesObjects(): KubernetesObject[] {
  return kubernetesFiles().flatMap((file) =>
    documentsOf(`kubernetes/${file}`).map((body) => {
      const { apiVersion, kind, metadata } = headed.parse(body);
      return { file: basename(file), apiVersion, kind, name: metadata.name, body: objectOf(body) };
    }),
  );
}

/** compose.yaml as Docker reads it: first what stands in `${…}` is filled in. */
export function composeFile(): { readonly [key: string]: Json } {
  const [body = null] = documentsOf('compose.yaml');
  return objectOf(filledIn(body));
}

function filledIn(value: Json): Json {
  if (typeof value === 'string') {
    return value.replace(
      /\$\{\w+(?::-([^}]*)|:\?[^}]*)\}/g,
      (_, given: string | undefined) => given ?? 'given',
    );
  }
  if (isList(value)) return value.map(filledIn);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filledIn(each)]));
  }
  return value;
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function objectOf(value: Json | undefined): { readonly [key: string]: Json } {
  if (value === null || typeof value !== 'object' || isList(value)) {
    throw new Error(`expected a mapping, found ${JSON.stringify(value)}`);
  }
  return value;
}

export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!isList(value)) throw new Error(`expected a list, found ${JSON.stringify(value)}`);
  return value;
}

export function textsOf(value: Json | undefined): string[] {
  return listOf(value).map((each) => {
    if (typeof each !== 'string') throw new Error(`expected a string, found ${JSON.stringify(each)}`);
    return each;
  });
}

/** Every string in it, with the keys that lead there. */
export function stringsIn(value: Json, path = ''): { readonly path: string; readonly text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, each]) => stringsIn(each as Json, `${path}.${key}`));
}
