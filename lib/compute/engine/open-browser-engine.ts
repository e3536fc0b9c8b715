import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import type { EngineName, EngineOptions } from './engine-name.js'
import { type OpenedEngine, openFirst, opening, openNamed } from './open-first.js'
import type { WasmFiles } from './tfjs/open-tfjs.js'

/** Engines that run in a browser too; the preferred first. */
export const browserEngineNames = [
  'onnx-webgpu',
  'tfjs-webgpu',
  'onnx',
  'tfjs-wasm',
  'tfjs-cpu',
] as const satisfies readonly EngineName[]

export type BrowserEngineName = (typeof browserEngineNames)[number]

export interface BrowserEngineOptions extends EngineOptions {
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

/** Engines are imported when they are opened: each is larger than the rest of the library. */
const openers: Readonly<Record<BrowserEngineName, (options: BrowserEngineOptions) => Promise<Engine>>> = {
  'onnx-webgpu': async (options) => (await import('./onnx/open-onnx-web.js')).openOnnxWeb('webgpu', options),
  'tfjs-webgpu': async (options) => (await import('./tfjs/open-tfjs.js')).openTfjs('webgpu', options),
  onnx: async (options) => (await import('./onnx/open-onnx-web.js')).openOnnxWeb('cpu', options),
  'tfjs-wasm': async (options) => (await import('./tfjs/open-tfjs.js')).openTfjs('wasm', options),
  'tfjs-cpu': async () => (await import('./tfjs/open-tfjs.js')).openTfjs('cpu'),
}

const open =
  (options: BrowserEngineOptions) =>
  (name: BrowserEngineName): TE.TaskEither<PipelineError, Engine> =>
    opening(() => openers[name](options))
