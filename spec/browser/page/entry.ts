import * as E from 'fp-ts/lib/Either.js'
import { type BrowserEngineName, type BrowserEngineOptions, openBrowserEngine } from '#browser.js'
import type { Engine } from '#lib/compute/engine/engine.js'
import { checks } from './checks.js'
import { trainingRun } from './training-run.js'

let engine: Engine

/** What the spec calls, in a page and in a worker of one. */
export const entry = {
  /** Gives the reason, or what went wrong. */
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
