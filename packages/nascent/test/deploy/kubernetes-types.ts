import ts from 'typescript';
import type { KubernetesObject } from './manifests.ts';

/**
 * What is wrong with objects by the published types of Kubernetes' API (npm: `kubernetes-types`, made from its OpenAPI): keys
 * that are not there, values of another type, keys that are missing. TypeScript refuses unknown keys of literals as strictly
 * as `kubectl apply` does; no package of the registry has the JSON schemas themselves in a strict form.
 * @returns for each object what TypeScript says; empty: nothing
 */
export function typeFaults(objects: readonly Omit<KubernetesObject, 'file' | 'name'>[]): string[][] {
  const folder = new URL('.', import.meta.url).pathname;
  const sources = new Map<string, string>(
    objects.map((object, k) => [`${folder}object-${k}.virtual.ts`, sourceOf(object)]),
  );
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, target, ...rest) => {
    const text = sources.get(name);
    return text === undefined
      ? getSourceFile.call(host, name, target, ...rest)
      : ts.createSourceFile(name, text, target);
  };
  host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
  host.readFile = (name) => sources.get(name) ?? readFile.call(host, name);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].map((name) => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
    );
  });
}

function sourceOf({
  apiVersion,
  kind,
  body,
}: Pick<KubernetesObject, 'apiVersion' | 'kind' | 'body'>): string {
  const group = apiVersion.includes('/') ? apiVersion.replace('.k8s.io', '') : `core/${apiVersion}`;
  if (!/^[a-z]+\/v\d\w*$/.test(group) || !/^[A-Z]\w*$/.test(kind)) {
    throw new Error(`no type is known for ${apiVersion} ${kind}`);
  }
  return `import type { ${kind} } from 'kubernetes-types/${group}';
export const object: Required<Pick<${kind}, 'apiVersion' | 'kind' | 'metadata'>> & ${kind} = ${JSON.stringify(body)};
`;
}
