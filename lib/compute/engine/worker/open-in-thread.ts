import type { Engine } from '../engine.js'
import { type EngineName, type EngineOptions, engines } from '../engines.js'

/**
 * Opens an engine in the calling thread, which each run of the engine then blocks.
 *
 * The library is imported here and not at load, because each one brings a native library or megabytes of WebAssembly.
 *
 * @errors PipelineError EngineMissing if the library or its device is not there, EngineFailed if it does not start
 */
export const openInThread = async (name: EngineName, options: EngineOptions): Promise<Engine> => {
  const engine = engines[name]
  switch (engine.library) {
    case 'onnx':
      return (await import('../onnx/open-onnx.js')).openOnnx(options, engine.backend)
    case 'tfjs':
      return (await import('../tfjs/open-tfjs.js')).openTfjs(engine.backend, options)
    case 'webgpu':
      return (await import('../webgpu/open-webgpu.js')).openWebgpu(options)
  }
}
