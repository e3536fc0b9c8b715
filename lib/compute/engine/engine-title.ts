import type { Engine } from './engine.js'
import type { EngineName } from './engine-name.js'

const titles: Readonly<Record<EngineName, string>> = {
  onnx: 'ONNX Runtime on the CPU',
  'onnx-cuda': 'ONNX Runtime through CUDA',
  'onnx-webgpu': 'ONNX Runtime through WebGPU',
  'tfjs-webgpu': 'TensorFlow.js on WebGPU',
  'tfjs-node-gpu': 'TensorFlow on the GPU',
  'tfjs-node': 'TensorFlow on the CPU',
  'tfjs-wasm': 'TensorFlow.js in WebAssembly',
  'tfjs-cpu': 'TensorFlow.js in plain JavaScript',
}

/** What an engine is, for people to read, with the device where there is a choice. */
export const titleOf = (name: EngineName, { device }: Engine): string =>
  titles[name] + (device === undefined ? '' : ` (${device})`)
