// The import rule (ARCHITECTURE.md): the folders of packages/nascent/src stand in the order of the paper,
// and a folder imports only folders above it in this list.
const order = [
  'search-space',
  'evaluation',
  'dataset',
  'benchmark',
  'child',
  'controller',
  'reinforce',
  'strategy',
  'trial',
  'store',
  'parameter-server',
  'study',
  'workers',
  'experiment',
  'export',
  'cli',
];
const leaves = 'errors|random|assert-never|version';
const src = 'packages/nascent/src';

const upward = order.map((folder, at) => ({
  name: `${folder}-imports-only-what-stands-above-it`,
  comment: `The paper's order is ${order.join(' → ')}.`,
  severity: 'error',
  from: { path: `^${src}/${folder}/`, pathNot: '\\.test\\.ts$' },
  to: {
    path: `^${src}/`,
    pathNot: `^${src}/((${leaves})\\.ts$|(${order.slice(0, at + 1).join('|')})/)`,
  },
}));

const withoutEngine = ['search-space', 'evaluation', 'benchmark', 'trial', 'store'].map((folder) => ({
  name: `${folder}-does-not-reach-torch`,
  comment: 'Commands that only read must not load the engine, not even through another module.',
  severity: 'error',
  from: { path: `^${src}/${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^packages/torch/|@nascent/torch', reachable: true },
}));

export default {
  forbidden: [
    ...upward,
    ...withoutEngine,
    {
      name: 'only-cli-and-workers-start-processes',
      severity: 'error',
      from: { path: `^${src}/`, pathNot: `^${src}/(cli|workers)/|\\.test\\.ts$` },
      to: { path: '^(node:)?child_process$|execa' },
    },
    {
      name: 'torch-knows-nothing-of-nascent',
      severity: 'error',
      from: { path: '^packages/torch/' },
      to: { path: '^packages/nascent/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build)/' },
    tsPreCompilationDeps: false, // a type import is no import at run time
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
