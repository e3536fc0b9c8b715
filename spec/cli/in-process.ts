import { expect } from 'vitest'
import { run } from '#cli/run.js'
import { fakeTerminal } from './fake-terminal.js'
import type { Ended } from './process.js'

/** Output of a command line that ran in this process. */
export interface Output extends Ended {
  /** Part of `stderr` that `--quiet` drops. */
  readonly progress: string
  /** Part of `stderr` that remains: notes, warnings and errors. */
  readonly notes: string
}

/** Runs a command line in this process, which takes less time than a process of its own. */
export const entrainHere = async (...argv: readonly string[]): Promise<Output> => {
  const written: (readonly ['stdout' | 'progress' | 'notes', string])[] = []
  const into = (stream: (typeof written)[number][0]) => (text: string) => void written.push([stream, text])
  const terminal = fakeTerminal({
    write: into('stdout'),
    progress: into('progress'),
    note: (text) => into('notes')(`${text}\n`),
  })
  const code = await run(argv, terminal)
  const textOf = (...streams: readonly string[]) =>
    written.flatMap(([stream, text]) => (streams.includes(stream) ? [text] : [])).join('')
  return {
    code,
    stdout: textOf('stdout'),
    stderr: textOf('progress', 'notes'),
    progress: textOf('progress'),
    notes: textOf('notes'),
  }
}

/** Runs a command line in this process and expects success without a note. */
export const entrainWellHere = async (...argv: readonly string[]): Promise<Output> => {
  const output = await entrainHere(...argv)
  expect(output).toMatchObject({ code: 0, notes: '' })
  return output
}

/** Runs a command line in this process and expects success, with or without notes. */
export const entrainWithNotesHere = async (...argv: readonly string[]): Promise<Output> => {
  const output = await entrainHere(...argv)
  expect(output).toMatchObject({ code: 0 })
  return output
}
