import * as TE from 'fp-ts/lib/TaskEither.js'
import { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import type { EngineName, EngineOptions } from './engine-name.js'
import { type OpenedEngine, openFirst, openNamed } from './open-first.js'
import type { WasmFiles } from './tfjs/open-tfjs.js'

/** Engines that run in a browser too; the preferred first. */
export const browserEngineNames = ['tfjs-webgpu', 'tfjs-wasm', 'tfjs-cpu'] as const satisfies readonly EngineName[]

export type BrowserEngineName = (typeof browserEngineNames)[number]

export interface BrowserEngineOptions extends Pick<EngineOptions, 'hardware'> {
  /** Where `tfjs-wasm` finds its files; beside the page unless given. */
  readonly wasmFiles?: WasmFiles
}

/**
 * Opens the engine of that name, or else the first of them that works here, in the thread that calls: a run blocks it,
 * but for what waits on a GPU. A page that should stay responsive calls this, and all that uses the engine, in a worker.
 *
 * @errors EngineMissing with what helps; EngineFailed where a named engine is there but does not start
 */
export const openBrowserEngine = (
  name?: BrowserEngineName,
  options: BrowserEngineOptions = {},
): TE.TaskEither<PipelineError, OpenedEngine> =>
  name === undefined
    ? openFirst(browserEngineNames, open({ ...options, hardware: true }))
    : openNamed(name, open(options))

const backends = { 'tfjs-webgpu': 'webgpu', 'tfjs-wasm': 'wasm', 'tfjs-cpu': 'cpu' } as const

/** TensorFlow.js is imported when an engine is opened: it is larger than the rest together. */
const open =
  (options: BrowserEngineOptions) =>
  (name: BrowserEngineName): TE.TaskEither<PipelineError, Engine> =>
    TE.tryCatch(
      async () => (await import('./tfjs/open-tfjs.js')).openTfjs(backends[name], options),
      (error) =>
        error instanceof PipelineError ? error : new PipelineError('EngineFailed', String(error), { cause: error }),
    )
