import type * as OnnxRuntimeWeb from 'onnxruntime-web'
import { PipelineError } from '../../../pipeline-error.js'
import type { Engine } from '../engine.js'
import { OnnxEngine } from './onnx-engine.js'
import { tryOut } from './try-out.js'

/** ONNX Runtime for browsers that is to be started. */
interface OnnxWeb {
  readonly provider: 'cpu' | 'webgpu'
  /** Imports the module of the provider. */
  readonly load: () => Promise<typeof OnnxRuntimeWeb>
  readonly threads: number | undefined
  /** Name of the GPU. */
  readonly device?: string
}

/**
 * Starts ONNX Runtime for browsers in the calling thread.
 *
 * @errors PipelineError EngineMissing if the package or its .wasm file is missing
 */
export const startOnnxWeb = async ({ provider, load, threads, device }: OnnxWeb): Promise<Engine> => {
  const runtime = await load().catch(throwMissing)
  if (threads !== undefined) runtime.env.wasm.numThreads = threads
  const executionProviders = [provider === 'webgpu' ? 'webgpu' : 'wasm']
  return tryOut(
    new OnnxEngine(runtime, provider, { executionProviders }, device),
    'ONNX Runtime does not start: it needs its .wasm file, which bundlers serve that follow new URL(…, import.meta.url)',
  )
}

const throwMissing = (cause: unknown): never => {
  throw new PipelineError(
    'EngineMissing',
    `onnxruntime-web does not load: npm install onnxruntime-web (${String(cause)})`,
    { cause },
  )
}
