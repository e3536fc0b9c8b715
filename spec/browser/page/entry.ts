import * as E from 'fp-ts/lib/Either.js'
import { type BrowserEngineName, type BrowserEngineOptions, openBrowserEngine } from '#browser.js'
import type { Engine } from '#lib/compute/engine/engine.js'
import { checks } from './checks.js'
import { trainingRun } from './training-run.js'

let engine: Engine

/** Functions that the spec calls in a page and in a worker of the page. */
export const entry = {
  /** Opens an engine. Returns the reason for its choice, or the error message. */
  open: async (name?: BrowserEngineName, options: BrowserEngineOptions = {}): Promise<string> => {
    const opened = await openBrowserEngine(name, { wasmFiles: '/wasm/', ...options })()
    if (E.isLeft(opened)) return `${opened.left._tag}: ${opened.left.message}`
    engine = opened.right.engine
    return opened.right.reason
  },
  check: (name: string) => checks.find((check) => check.name === name)!.run(engine),
  train: () => trainingRun(engine),
  memory: () => engine.memory(),
}

declare global {
  var entry: Entry
}

type Entry = typeof entry
