import { backend, enableProdMode, env, scalar, setBackend, tidy } from '@tensorflow/tfjs-core'
import type * as Wasm from '@tensorflow/tfjs-backend-wasm'
import { PipelineError } from '../../../pipeline-error.js'
import type { Engine } from '../engine.js'
import type { EngineOptions } from '../engine-name.js'
import { webgpuAdapter } from '../webgpu-adapter.js'
import { run } from './kernel.js'
import { TfjsEngine } from './tfjs-engine.js'
import { unavailable } from './unavailable.js'
import { type Device, watchDevice } from './watch-device.js'

export type TfjsBackend = 'cpu' | 'wasm' | 'webgpu' | 'node' | 'node-gpu'

/** The package of each backend, and the name under which it registers. */
const packages = {
  cpu: { name: '@tensorflow/tfjs-backend-cpu', registers: 'cpu' },
  wasm: { name: '@tensorflow/tfjs-backend-wasm', registers: 'wasm' },
  webgpu: { name: '@tensorflow/tfjs-backend-webgpu', registers: 'webgpu' },
  node: { name: '@tensorflow/tfjs-node', registers: 'tensorflow' },
  'node-gpu': { name: '@tensorflow/tfjs-node-gpu', registers: 'tensorflow' },
} as const satisfies Record<TfjsBackend, { readonly name: string; readonly registers: string }>

type PackageName = (typeof packages)[TfjsBackend]['name']

/** Only the packages for browsers are named to compilers and bundlers; those for Node.js are optional, and large. */
const importPackage = (name: PackageName): Promise<unknown> => {
  if (name === '@tensorflow/tfjs-backend-cpu') return import('@tensorflow/tfjs-backend-cpu')
  if (name === '@tensorflow/tfjs-backend-wasm') return import('@tensorflow/tfjs-backend-wasm')
  if (name === '@tensorflow/tfjs-backend-webgpu') return import('@tensorflow/tfjs-backend-webgpu')
  return import(/* @vite-ignore */ name)
}

/** The address of a folder that has the two files, which come in `dist` of tfjs-backend-wasm, or that of each. */
export type WasmFiles = string | Readonly<Record<`tfjs-backend-wasm${'' | '-simd'}.wasm`, string>>

export interface OpenTfjsOptions extends Pick<EngineOptions, 'hardware'> {
  /** Where the backend `wasm` finds its files: in Node.js in its package, in a browser beside the page unless given. */
  readonly wasmFiles?: WasmFiles
  /** How a package is imported. */
  readonly load?: (packageName: PackageName) => Promise<unknown>
}

/**
 * TensorFlow.js on one of its backends, in this thread: a run blocks the event loop until it is done.
 *
 * A thread may hold several engines, opened one after another: TensorFlow.js has one current backend per thread.
 *
 * @errors PipelineError EngineMissing, with what was found and the command or the Node.js version that helps
 */
export const openTfjs = async (
  name: TfjsBackend,
  { hardware = false, wasmFiles, load = importPackage }: OpenTfjsOptions = {},
): Promise<Engine> => {
  const { name: packageName, registers } = packages[name]
  const device = name === 'webgpu' ? await webgpuAdapter(hardware) : undefined
  try {
    const loaded = await load(packageName)
    if (name === 'wasm') prepareWasm(loaded as typeof Wasm, wasmFiles)
    if (!(await setBackend(registers))) throw new Error(`the backend "${registers}" gave up, with a warning above`)
    // A warning at the first tensor recommends another package.
    enableProdMode()
    await tryOut()
  } catch (cause) {
    throw unavailable(packageName, cause)
  }
  if (name === 'node-gpu') checkGpu()
  return new TfjsEngine(
    `tfjs-${name}`,
    registers,
    device,
    name === 'webgpu' ? watchDevice(deviceOf(backend())) : undefined,
  )
}

/**
 * One thread, as in Node.js: for several the package sends its own source text to workers, and from a minified bundle
 * that never starts. It asks for the address of that file too where it is given each.
 */
const prepareWasm = ({ setWasmPaths }: typeof Wasm, files: WasmFiles | undefined): void => {
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  if (files === undefined) return
  setWasmPaths(typeof files === 'string' ? files : { ...files, 'tfjs-backend-wasm-threaded-simd.wasm': '' })
}

/** TensorFlow.js keeps it to itself in its types. */
const deviceOf = (webgpu: unknown): Device => (webgpu as { readonly device: Device }).device

/** The packages for Node.js load on versions where nothing can be computed. */
const tryOut = async (): Promise<void> => {
  const sum = tidy(() => run('Add', { a: scalar(1), b: scalar(1) }))
  await sum.data()
  sum.dispose()
}

/** Without a GPU, TensorFlow would compute on the CPU and only log it. */
const checkGpu = (): void => {
  const { isUsingGpuDevice } = backend() as { readonly isUsingGpuDevice?: boolean }
  if (isUsingGpuDevice !== true)
    throw new PipelineError(
      'EngineMissing',
      '@tensorflow/tfjs-node-gpu is installed, but TensorFlow finds no GPU: it needs an NVIDIA driver, CUDA 11.2 and ' +
        'cuDNN 8.1 in LD_LIBRARY_PATH; for the CPU use tfjs-node',
    )
}
