/** Engines for a browser, in the page's thread or in a worker's. The rest of the library is in the main entry. */

export {
  type BrowserEngineName,
  browserEngineNames,
  type BrowserEngineOptions,
  openBrowserEngine,
} from './lib/compute/engine/open-browser-engine.js'
export type { OpenedEngine } from './lib/compute/engine/open-first.js'
export type { WasmFiles } from './lib/compute/engine/tfjs/open-tfjs.js'
