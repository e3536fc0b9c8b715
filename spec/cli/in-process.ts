import { expect } from 'vitest'
import { run } from '#cli/run.js'
import { fakeTerminal } from './fake-terminal.js'

/** Output of a command line. */
export interface Output {
  readonly code: number
  /** Results, on standard output. */
  readonly results: string
  /** Progress, on standard error. */
  readonly progress: string
  /** Notes, warnings and errors, on standard error. */
  readonly notes: string
}

/** Runs a command line in this process, which starts faster than a process of its own. */
export const runHere = async (...argv: readonly string[]): Promise<Output> => {
  let [results, progress, notes] = ['', '', '']
  const terminal = fakeTerminal({
    write: (text) => void (results += text),
    progress: (text) => void (progress += text),
    note: (text) => void (notes += `${text}\n`),
  })
  const code = await run(argv, terminal)
  return { code, results, progress, notes }
}

/** Runs a command line in this process and expects success without a note. */
export const runWell = async (...argv: readonly string[]): Promise<Output> => {
  const output = await runHere(...argv)
  expect(output).toMatchObject({ code: 0, notes: '' })
  return output
}
