import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import { type BrowserEngineName, browserEngineNames, type EngineOptions, engines } from './engines.js'
import { checkEngineOptions, type OpenedEngine, openFirst, openNamed, tryOpen } from './open-first.js'
import type { WasmFiles } from './tfjs/open-tfjs.js'

export { type BrowserEngineName, browserEngineNames } from './engines.js'

/** Options for opening an engine in a browser. A page gets the GPU that the browser gives it. */
export interface BrowserEngineOptions extends Omit<EngineOptions, 'gpu'> {
  /** Address of the files of `tfjs-wasm`; by default they are expected beside the page. */
  readonly wasmFiles?: WasmFiles
}

/**
 * Opens an engine in a browser, in the calling thread. Without a name it opens the first of {@link browserEngineNames}
 * that works here.
 *
 * A run on the CPU blocks the thread. A page that should stay responsive opens and uses the engine in a worker.
 *
 * @errors PipelineError EngineMissing with a remedy, or with the names of all engines if the name is unknown; EngineFailed
 *   if a named engine is there but does not start, and for an impossible option
 * @example
 * const { engine, reason } = await orThrow(openBrowserEngine()) // the fastest engine that opens; `reason` says why
 * const onnx = await orThrow(openBrowserEngine('onnx')) // this engine, or an error
 */
export const openBrowserEngine = (
  name?: BrowserEngineName,
  options: BrowserEngineOptions = {},
): TE.TaskEither<PipelineError, OpenedEngine> =>
  pipe(
    TE.fromEither(checkEngineOptions(name, browserEngineNames, options)),
    TE.chain(() =>
      name === undefined
        ? openFirst(browserEngineNames, openWith({ ...options, hardware: true }))
        : openNamed(name, openWith(options)),
    ),
  )

const openWith =
  (options: BrowserEngineOptions) =>
  (name: BrowserEngineName): TE.TaskEither<PipelineError, Engine> =>
    tryOpen(() => openHere(name, options))

/** A library is imported when one of its engines is opened, because each is larger than the rest of entrain. */
const openHere = async (name: BrowserEngineName, options: BrowserEngineOptions): Promise<Engine> => {
  const engine = engines[name]
  switch (engine.library) {
    case 'onnx':
      return engine.backend === 'cpu'
        ? (await import('./onnx/open-onnx-wasm.js')).openOnnxWasm(options)
        : (await import('./onnx/open-onnx-webgpu.js')).openOnnxWebgpu(options)
    case 'tfjs':
      return (await import('./tfjs/open-tfjs.js')).openTfjs(engine.backend, options)
    case 'webgpu':
      return (await import('./webgpu/open-webgpu.js')).openWebgpu(options)
  }
}
