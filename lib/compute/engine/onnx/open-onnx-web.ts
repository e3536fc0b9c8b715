import type * as OnnxRuntimeWeb from 'onnxruntime-web'
import { PipelineError } from '../../../pipeline-error.js'
import type { Engine } from '../engine.js'
import type { EngineOptions } from '../engines.js'
import { webgpuAdapter } from '../webgpu-adapter.js'
import { OnnxEngine } from './onnx-engine.js'
import { tryOut } from './try-out.js'

/**
 * Opens ONNX Runtime for browsers in the calling thread, in WebAssembly or on WebGPU.
 *
 * WebAssembly has threads only on an isolated page (`crossOriginIsolated`): by default half as many as the machine has
 * cores, and at most four.
 *
 * @errors PipelineError EngineMissing if the package, its .wasm file or a WebGPU adapter is missing
 */
export const openOnnxWeb = async (
  provider: 'cpu' | 'webgpu' = 'cpu',
  { hardware = false, threads }: EngineOptions = {},
): Promise<Engine> => {
  const device = provider === 'webgpu' ? await webgpuAdapter(hardware) : undefined
  const runtime = await imports[provider]().catch(throwMissing)
  if (threads !== undefined) runtime.env.wasm.numThreads = threads
  const executionProviders = [provider === 'webgpu' ? 'webgpu' : 'wasm']
  return tryOut(
    new OnnxEngine(runtime, provider, { executionProviders }, device),
    'ONNX Runtime does not start: it needs its .wasm file, which bundlers serve that follow new URL(…, import.meta.url)',
  )
}

/** Each provider has a module of its own, because the .wasm file with WebGPU is larger. */
const imports: Readonly<Record<'cpu' | 'webgpu', () => Promise<typeof OnnxRuntimeWeb>>> = {
  cpu: () => import('onnxruntime-web/wasm'),
  webgpu: () => import('onnxruntime-web/webgpu'),
}

const throwMissing = (cause: unknown): never => {
  throw new PipelineError(
    'EngineMissing',
    `onnxruntime-web does not load: npm install onnxruntime-web (${String(cause)})`,
    { cause },
  )
}
