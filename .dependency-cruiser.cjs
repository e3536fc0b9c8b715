/**
 * Rules on imports. Dependencies between folders point one way. An external library is imported by the one folder that wraps it. The
 * entries for browsers reach no module of Node.
 */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '\\.d\\.ts$',
          '^bench/main',
          '^cli/main',
          '^dashboard/page/vite\\.config',
          '^playground/(main|search|worker|build/vite\\.config)\\.ts',
          '^lib/(compute/engine|reward)/worker/entry',
        ],
      },
      to: {},
    },
    {
      name: 'lib-knows-no-stage',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(operators|pipelines|testing|cli|bench|dashboard)/' },
    },
    {
      name: 'operators-know-no-pipeline',
      severity: 'error',
      from: { path: '^operators/' },
      to: { path: '^(pipelines|testing|cli|bench|dashboard)/' },
    },
    {
      name: 'pipelines-know-no-command',
      severity: 'error',
      from: { path: '^pipelines/' },
      to: { path: '^(testing|cli|bench|dashboard)/' },
    },
    {
      name: 'testing-knows-no-command',
      severity: 'error',
      from: { path: '^testing' },
      to: { path: '^(cli|bench|dashboard)/' },
    },
    {
      name: 'dashboard-knows-no-command',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: { path: '^(testing|cli|bench)/' },
    },
    {
      name: 'web-server-in-its-room',
      severity: 'error',
      from: { pathNot: '^dashboard/server/' },
      to: { path: 'node_modules/@?hono/' },
    },
    {
      name: 'page-runs-in-a-browser',
      severity: 'error',
      from: { path: '^dashboard/(page|view)/' },
      to: { path: '^dashboard/server/' },
    },
    {
      name: 'view-knows-no-page',
      severity: 'error',
      from: { path: '^dashboard/view/' },
      to: { reachable: true, path: '^dashboard/page/|node_modules/uplot/|\\.css$' },
    },
    {
      name: 'server-knows-no-page',
      severity: 'error',
      from: { path: '^dashboard/server/' },
      to: { reachable: true, path: '^dashboard/(page|view)/' },
    },
    {
      name: 'plots-in-their-room',
      severity: 'error',
      from: { pathNot: '^dashboard/page/' },
      to: { path: 'node_modules/uplot/' },
    },
    {
      name: 'site-builders-in-their-room',
      severity: 'error',
      from: { pathNot: '^playground/build/' },
      to: { path: 'node_modules/(marked|shiki|typedoc)/' },
    },
    {
      name: 'playground-knows-no-command',
      severity: 'error',
      from: { path: '^playground/' },
      to: { path: '^(testing|cli|bench)/|^dashboard/(server|view)/' },
    },
    {
      name: 'playground-is-nobodys-part',
      severity: 'error',
      from: { pathNot: '^playground/' },
      to: { path: '^playground/' },
    },
    {
      name: 'tensorflow-in-its-room',
      severity: 'error',
      from: { pathNot: '^lib/compute/engine/tfjs/' },
      to: { path: '@tensorflow/' },
    },
    {
      name: 'onnxruntime-in-its-room',
      severity: 'error',
      from: { pathNot: '^lib/compute/engine/onnx/' },
      to: { path: 'onnxruntime' },
    },
    {
      name: 'web-client-in-its-room',
      severity: 'error',
      from: { pathNot: '^(lib/remote/http|lib/checkpoint/hub)/' },
      to: { path: 'node_modules/undici/' },
    },
    {
      name: 'programs-know-no-engine',
      severity: 'error',
      from: { path: '^lib/(model|objective|optimizer)/' },
      to: { path: '^lib/compute/engine/(onnx|tfjs|webgpu|worker|open-engine)' },
    },
    {
      name: 'rollout-is-plain-data',
      severity: 'error',
      from: { path: '^lib/rollout/' },
      to: { path: '^lib/(?!rollout/)' },
    },
    {
      name: 'models-know-no-run',
      severity: 'error',
      from: { path: '^lib/(model|checkpoint|tokenizer)/' },
      to: { path: '^lib/(rollout|run|report|plot|timing)/' },
    },
    {
      name: 'domain-is-plain-typescript',
      severity: 'error',
      from: { path: '^lib/(rollout|entropy|advantage|reward|evaluation|random|tokenizer)/' },
      to: {
        path: '^lib/(model|optimizer)/|^lib/compute/engine/(onnx|tfjs|webgpu|worker|open-engine)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'browser-safe',
      severity: 'error',
      from: {
        path: '^(index|algorithms|rewards|tensor|models|browser|testing)\\.ts$|^dashboard/(page/(?!vite\\.config)|view/)|^playground/(?!build/)',
      },
      to: { reachable: true, path: '^(node:|fs$|fs/|path$|os$|worker_threads$|child_process$|url$|module$|util$)' },
    },
    {
      name: 'no-dev-dependency-in-the-product',
      severity: 'error',
      from: { pathNot: '^(bench|spec|dashboard/page|playground)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@tensorflow/tfjs-node' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
