import type { Engine } from './engine.js'

/** Facts about one engine. */
interface EngineFacts {
  /** Name of the engine in messages and on the dashboard. */
  readonly title: string
  /** Folder of `lib/compute/engine` that opens it. */
  readonly library: 'onnx' | 'tfjs' | 'webgpu'
  /** Execution provider of ONNX Runtime or backend of TensorFlow.js; the engine of entrain itself has one. */
  readonly backend: string
  /** npm packages that it needs in Node.js. The first one has its name in errors. */
  readonly needs: readonly [string, ...string[]]
  /**
   * True for an engine that is tried only if the machine has a GPU: without one it is slower than the engines below.
   */
  readonly gpu?: true
  /**
   * How the option `gpu` names one of several GPUs: by its number for CUDA, by the name of its adapter for WebGPU. An engine
   * without it does not choose.
   */
  readonly gpuBy?: 'number' | 'name'
  /** True if the engines of one process may each have a GPU of their own, so that replicas divide the GPUs. */
  readonly ownGpu?: true
  /** Place in the order of preference in a browser, 1 first. An engine without a place does not run in a browser. */
  readonly browser?: number
}

/**
 * Every engine under its name on the command line. The order of the rows is the order of preference in Node.js.
 *
 * The table is plain data, so that a page may read a title without a copy of every engine in its bundle. A library is
 * imported when one of its engines is opened: by `worker/open-in-thread.ts` and by `open-browser-engine.ts`.
 */
export const engines = {
  'tfjs-node-gpu': {
    title: 'TensorFlow on the GPU',
    library: 'tfjs',
    backend: 'node-gpu',
    needs: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-core'],
    gpu: true,
    gpuBy: 'number',
  },
  'onnx-cuda': {
    title: 'ONNX Runtime through CUDA',
    library: 'onnx',
    backend: 'cuda',
    needs: ['onnxruntime-node'],
    gpu: true,
    gpuBy: 'number',
    ownGpu: true,
  },
  'tfjs-webgpu': {
    title: 'TensorFlow.js on WebGPU',
    library: 'tfjs',
    backend: 'webgpu',
    needs: ['@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-core', 'webgpu'],
    gpu: true,
    gpuBy: 'name',
    browser: 3,
  },
  'onnx-webgpu': {
    title: 'ONNX Runtime through WebGPU',
    library: 'onnx',
    backend: 'webgpu',
    needs: ['onnxruntime-node'],
    gpu: true,
    browser: 2,
  },
  webgpu: {
    title: 'entrain on WebGPU',
    library: 'webgpu',
    backend: 'webgpu',
    needs: ['webgpu'],
    gpu: true,
    gpuBy: 'name',
    browser: 1,
  },
  onnx: {
    title: 'ONNX Runtime on the CPU',
    library: 'onnx',
    backend: 'cpu',
    needs: ['onnxruntime-node'],
    browser: 4,
  },
  'tfjs-node': {
    title: 'TensorFlow on the CPU',
    library: 'tfjs',
    backend: 'node',
    needs: ['@tensorflow/tfjs-node', '@tensorflow/tfjs-core'],
  },
  'tfjs-wasm': {
    title: 'TensorFlow.js in WebAssembly',
    library: 'tfjs',
    backend: 'wasm',
    needs: ['@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-core'],
    browser: 5,
  },
  'tfjs-cpu': {
    title: 'TensorFlow.js in plain JavaScript',
    library: 'tfjs',
    backend: 'cpu',
    needs: ['@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-core'],
    browser: 6,
  },
} as const satisfies Readonly<Record<string, EngineFacts>>

/** Name of an engine on the command line. */
export type EngineName = keyof typeof engines

/** Names of all engines, the preferred one in Node.js first. */
export const engineNames = Object.keys(engines) as readonly EngineName[]

/** Name of an engine that also runs in a browser. */
export type BrowserEngineName = {
  [Name in EngineName]: (typeof engines)[Name] extends { readonly browser: number } ? Name : never
}[EngineName]

/** Names of the engines that also run in a browser, the preferred one there first. */
export const browserEngineNames: readonly BrowserEngineName[] = engineNames
  .filter((name): name is BrowserEngineName => 'browser' in engines[name])
  .sort((a, b) => engines[a].browser - engines[b].browser)

/** Backends of a library that the table names. */
type BackendOf<Library extends EngineFacts['library']> = Extract<
  (typeof engines)[EngineName],
  { readonly library: Library }
>['backend']

/** Execution provider of ONNX Runtime, under its own name for it. */
export type OnnxProvider = BackendOf<'onnx'>

/** Backend of TensorFlow.js; `node` and `node-gpu` are its native packages for Node.js. */
export type TfjsBackend = BackendOf<'tfjs'>

/** Options for opening an engine. */
export interface EngineOptions {
  /** Threads of one run; by default as many as the machine has cores. Engines of TensorFlow.js ignore it. */
  readonly threads?: number
  /**
   * Refuses a WebGPU adapter that is emulated on the CPU, because every other engine is faster than such an adapter.
   */
  readonly hardware?: boolean
  /**
   * GPU of the engine. For `onnx-cuda` and `tfjs-node-gpu` it is a number from 0, in the order of `nvidia-smi --list-gpus`;
   * for `tfjs-webgpu` and `webgpu` it is the name of an adapter, or a part of the name. Without it an engine takes the first GPU, or the
   * one that WebGPU prefers. Only in Node.js.
   */
  readonly gpu?: number | string
}

/** Returns how an engine names one of several GPUs; undefined if it does not choose. */
export const gpuByOf = (name: EngineName): 'number' | 'name' | undefined => (engines[name] as EngineFacts).gpuBy

/** Returns whether an engine can take the GPU that the option `gpu` names. */
export const takesGpu = (name: EngineName, gpu: number | string): boolean =>
  gpuByOf(name) === (typeof gpu === 'number' ? 'number' : 'name')

/** Returns the title of an engine, followed by its device if the engine could choose among several. */
export const titleOf = (name: EngineName, { device }: Engine): string =>
  engines[name].title + (device === undefined ? '' : ` (${device})`)
