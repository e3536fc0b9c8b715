import type { Engine } from '../engine.js'
import type { EngineOptions } from '../engines.js'
import { webgpuAdapter } from '../webgpu-adapter.js'
import { startOnnxWeb } from './start-onnx-web.js'

/**
 * Opens ONNX Runtime on WebGPU in a browser, in the calling thread.
 *
 * @errors PipelineError EngineMissing if the package, its .wasm file or a WebGPU adapter is missing
 */
export const openOnnxWebgpu = async ({ hardware = false, threads }: EngineOptions = {}): Promise<Engine> => {
  const device = await webgpuAdapter(hardware)
  return startOnnxWeb({ provider: 'webgpu', load: () => import('onnxruntime-web/webgpu'), threads, device })
}
