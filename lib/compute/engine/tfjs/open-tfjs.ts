import { backend, enableProdMode, env, scalar, setBackend, tidy } from '@tensorflow/tfjs-core'
import type * as Wasm from '@tensorflow/tfjs-backend-wasm'
import { PipelineError } from '../../../pipeline-error.js'
import { hidesGpus, prepareCuda, showGpu } from '../cuda-environment.js'
import type { Engine } from '../engine.js'
import { type EngineOptions, engines, type TfjsBackend } from '../engines.js'
import { webgpuAdapter } from '../webgpu-adapter.js'
import { run } from './kernel.js'

import { TfjsEngine } from './tfjs-engine.js'
import { unavailableError } from './unavailable-error.js'
import { type Device, watchDevice } from './watch-device.js'

type PackageName = (typeof engines)[`tfjs-${TfjsBackend}`]['needs'][0]

/** The native packages are not literals here, because they are optional and a bundler would search for them. */
const importPackage = (name: PackageName): Promise<unknown> => {
  if (name === '@tensorflow/tfjs-backend-cpu') return import('@tensorflow/tfjs-backend-cpu')
  if (name === '@tensorflow/tfjs-backend-wasm') return import('@tensorflow/tfjs-backend-wasm')
  if (name === '@tensorflow/tfjs-backend-webgpu') return import('@tensorflow/tfjs-backend-webgpu')
  return import(/* @vite-ignore */ name)
}

/**
 * Location of the two WebAssembly files in the folder `dist` of tfjs-backend-wasm: the address of a folder, or the
 * address of each file.
 */
export type WasmFiles = string | Readonly<Record<`tfjs-backend-wasm${'' | '-simd'}.wasm`, string>>

/** Options for opening TensorFlow.js. */
export interface OpenTfjsOptions extends Pick<EngineOptions, 'hardware' | 'gpu'> {
  /** Address of the WebAssembly files; by default the package's own in Node.js, and beside the page in a browser. */
  readonly wasmFiles?: WasmFiles
  /** Imports a package. Specs replace it. */
  readonly load?: (packageName: PackageName) => Promise<unknown>
}

/**
 * Opens TensorFlow.js on one of its backends, in the calling thread. A run blocks the thread until it is done.
 *
 * A thread may hold several engines if they are opened one after another, because TensorFlow.js has one current backend
 * per thread.
 *
 * @errors PipelineError EngineMissing, with the problem and the command or the Node.js version that solves it
 */
export const openTfjs = async (
  name: TfjsBackend,
  { hardware = false, gpu, wasmFiles, load = importPackage }: OpenTfjsOptions = {},
): Promise<Engine> => {
  const packageName = engines[`tfjs-${name}`].needs[0]
  const registered = registeredName(name)
  const adapter = name === 'webgpu' ? await webgpuAdapter(hardware, gpu?.toString()) : undefined
  if (name === 'node-gpu') prepareCuda()
  const takeBack = name === 'node-gpu' && typeof gpu === 'number' ? showGpu(gpu) : () => undefined
  try {
    const loaded = await load(packageName)
    if (name === 'wasm') prepareWasm(loaded as typeof Wasm, wasmFiles)
    if (!(await setBackend(registered))) throw new Error(`the backend "${registered}" gave up, with a warning above`)
    // Without it, TensorFlow.js prints at the first tensor a warning that recommends another package.
    enableProdMode()
    await tryOut()
    if (name === 'node-gpu') return new TfjsEngine(`tfjs-${name}`, registered, gpuOfTensorFlow(hardware, gpu))
  } catch (cause) {
    takeBack()
    throw cause instanceof PipelineError ? cause : unavailableError(packageName, cause)
  }
  if (name !== 'webgpu') return new TfjsEngine(`tfjs-${name}`, registered)
  const device = deviceOf(backend())
  return new TfjsEngine(`tfjs-${name}`, registered, adapter, watchDevice(device), device.lost)
}

/** Name under which the package of a backend registers it with TensorFlow.js. */
const registeredName = (name: TfjsBackend): string => (name.startsWith('node') ? 'tensorflow' : name)

/**
 * Restricts WebAssembly to one thread and passes on the addresses of its files.
 *
 * With several threads the package sends its own source text to workers, and text from a minified bundle never starts.
 * A caller who gives the address of each file must also give one for the file with threads, so it is left empty.
 */
const prepareWasm = ({ setWasmPaths }: typeof Wasm, files: WasmFiles | undefined): void => {
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  if (files === undefined) return
  setWasmPaths(typeof files === 'string' ? files : { ...files, 'tfjs-backend-wasm-threaded-simd.wasm': '' })
}

/** Returns the WebGPU device of the backend, which the types of TensorFlow.js do not declare. */
const deviceOf = (webgpu: unknown): Device => (webgpu as { readonly device: Device }).device

/** Computes one sum: the packages for Node.js also load on versions of Node.js where every kernel fails. */
const tryOut = async (): Promise<void> => {
  const sum = tidy(() => run('Add', { a: scalar(1), b: scalar(1) }))
  await sum.data()
  sum.dispose()
}

/**
 * Returns the device of `tfjs-node-gpu`, if it is not the only one. Refuses a machine without a GPU, on which TensorFlow
 * would only log a line and compute on the CPU, unless the user hid the GPUs.
 */
const gpuOfTensorFlow = (hardware: boolean, gpu: number | string | undefined): string | undefined => {
  const { isUsingGpuDevice } = backend() as { readonly isUsingGpuDevice?: boolean }
  if (isUsingGpuDevice === true) return gpu === undefined ? undefined : `GPU ${gpu}`
  if (hidesGpus() && !hardware) return 'on the CPU, because CUDA_VISIBLE_DEVICES hides every GPU'
  throw new PipelineError(
    'EngineMissing',
    '@tensorflow/tfjs-node-gpu is installed, but TensorFlow finds no GPU: it needs an NVIDIA driver, and the versions of ' +
      'CUDA and cuDNN of its libtensorflow in LD_LIBRARY_PATH (11.2 and 8.1 for the one that npm downloads, which knows ' +
      'no card after 2021; docs/engines.md builds one for CUDA 12); for the CPU use tfjs-node',
  )
}
