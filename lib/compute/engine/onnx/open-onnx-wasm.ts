import type { Engine } from '../engine.js'
import type { EngineOptions } from '../engines.js'
import { startOnnxWeb } from './start-onnx-web.js'

/**
 * Opens ONNX Runtime in WebAssembly, in the calling thread. It has a file of its own, so that a bundle without the engine on WebGPU
 * does not hold the larger .wasm file of that engine.
 *
 * WebAssembly has threads only on an isolated page (`crossOriginIsolated`): by default half as many as the machine has
 * cores, and at most four.
 *
 * @errors PipelineError EngineMissing if the package or its .wasm file is missing
 */
export const openOnnxWasm = ({ threads }: EngineOptions = {}): Promise<Engine> =>
  startOnnxWeb({ provider: 'cpu', load: () => import('onnxruntime-web/wasm'), threads })
