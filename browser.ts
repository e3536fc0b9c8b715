/**
 * Compute engines for a browser, in the thread of the page or in a worker.
 *
 * @packageDocumentation
 */

export {
  type BrowserEngineName,
  browserEngineNames,
  type BrowserEngineOptions,
  openBrowserEngine,
} from './lib/compute/engine/open-browser-engine.js'
export type { OpenedEngine } from './lib/compute/engine/open-first.js'
export type { WasmFiles } from './lib/compute/engine/tfjs/open-tfjs.js'
