import type * as OnnxRuntimeWeb from 'onnxruntime-web'
import { PipelineError } from '../../../pipeline-error.js'
import type { Engine } from '../engine.js'
import type { EngineOptions } from '../engines.js'
import { webgpuAdapter } from '../webgpu-adapter.js'
import { OnnxEngine } from './onnx-engine.js'
import { triedOut } from './tried-out.js'

/**
 * ONNX Runtime for browsers, in this thread, in WebAssembly or on WebGPU. On a page of its own process
 * (`crossOriginIsolated`) WebAssembly has threads: half as many as cores and at most four, unless given.
 *
 * @errors PipelineError EngineMissing, where the package, its .wasm file or an adapter is not there
 */
export const openOnnxWeb = async (
  provider: 'cpu' | 'webgpu' = 'cpu',
  { hardware = false, threads }: EngineOptions = {},
): Promise<Engine> => {
  const device = provider === 'webgpu' ? await webgpuAdapter(hardware) : undefined
  const runtime = await imports[provider]().catch(notInstalled)
  if (threads !== undefined) runtime.env.wasm.numThreads = threads
  const executionProviders = [provider === 'webgpu' ? 'webgpu' : 'wasm']
  return triedOut(
    new OnnxEngine(runtime, provider, { executionProviders }, device),
    'ONNX Runtime does not start: it needs its .wasm file, which bundlers serve that follow new URL(…, import.meta.url)',
  )
}

/** That with WebGPU has a larger .wasm file. */
const imports: Readonly<Record<'cpu' | 'webgpu', () => Promise<typeof OnnxRuntimeWeb>>> = {
  cpu: () => import('onnxruntime-web/wasm'),
  webgpu: () => import('onnxruntime-web/webgpu'),
}

const notInstalled = (cause: unknown): never => {
  throw new PipelineError(
    'EngineMissing',
    `onnxruntime-web does not load: npm install onnxruntime-web (${String(cause)})`,
    { cause },
  )
}
