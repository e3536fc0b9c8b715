import type { Engine } from '../engine.js'
import type { EngineName, EngineOptions } from '../engine-name.js'

/** Engines are imported when they are opened: each brings its native library or its megabytes of wasm. */
const openers: Readonly<Record<EngineName, (options: EngineOptions) => Promise<Engine>>> = {
  onnx: async (options) => (await import('../onnx/open-onnx.js')).openOnnx(options),
  'onnx-cuda': async (options) => (await import('../onnx/open-onnx.js')).openOnnx(options, 'cuda'),
  'onnx-webgpu': async (options) => (await import('../onnx/open-onnx.js')).openOnnx(options, 'webgpu'),
  'tfjs-webgpu': async (options) => (await import('../tfjs/open-tfjs.js')).openTfjs('webgpu', options),
  'tfjs-wasm': async () => (await import('../tfjs/open-tfjs.js')).openTfjs('wasm'),
  'tfjs-cpu': async () => (await import('../tfjs/open-tfjs.js')).openTfjs('cpu'),
  'tfjs-node': async () => (await import('../tfjs/open-tfjs.js')).openTfjs('node'),
  'tfjs-node-gpu': async () => (await import('../tfjs/open-tfjs.js')).openTfjs('node-gpu'),
}

/**
 * Opens an engine in this thread, which it then blocks while it runs.
 *
 * @errors PipelineError EngineMissing
 */
export const openInThread = (name: EngineName, options: EngineOptions): Promise<Engine> => openers[name](options)
