import { expect, it, onTestFinished } from 'vitest'
import { fakeTerminal } from './fake-terminal.js'
import { handleInterruption, type StopMessages } from '#cli/interruption.js'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const handled = (words?: StopMessages) => {
  const notes: string[] = []
  const exits: number[] = []
  const terminal = fakeTerminal({ note: (text) => notes.push(text) })
  const interruption = handleInterruption(terminal, words, { signals, exit: (code) => void exits.push(code) })
  onTestFinished(() => interruption.close())
  return { interruption, notes, exits }
}

it('handleInterruption stops at the first Ctrl-C and says that it waits at the second', () => {
  const { interruption, notes } = handled()
  let stops = 0
  interruption.stop$.subscribe(() => stops++)
  expect(interruption.isRequested()).toBe(false)
  process.emit('SIGINT')
  expect(interruption.isRequested()).toBe(true)
  expect(stops).toBe(1)
  process.emit('SIGINT')
  expect(notes[0]).toContain('stopping')
  expect(notes[1]).toContain('already stopping: waiting')
})

it('handleInterruption uses the given messages', () => {
  const { notes } = handled({ first: 'once', again: 'and again' })
  for (let times = 0; times < 2; times++) process.emit('SIGINT')
  expect(notes).toEqual(['once', 'and again'])
})

it('handleInterruption hurries at the second signal, and exits at once at the third', () => {
  const { interruption, exits } = handled()
  const seen = () => [interruption.isSignalled(), interruption.isHurried(), exits.length]
  expect(seen()).toEqual([false, false, 0])
  process.emit('SIGTERM')
  expect(seen()).toEqual([true, false, 0])
  process.emit('SIGINT')
  expect(seen()).toEqual([true, true, 0])
  process.emit('SIGINT')
  expect(exits).toEqual([143])
})

it('handleInterruption does not hurry at the first signal after a request of the program', () => {
  const { interruption, exits } = handled()
  interruption.request()
  process.emit('SIGINT')
  expect(interruption.isSignalled()).toBe(true)
  expect(interruption.isHurried()).toBe(false)
  process.emit('SIGINT')
  expect(interruption.isHurried()).toBe(true)
  expect(exits).toEqual([])
})

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('handleInterruption gives the exit code of the first signal: %s', (signal, code) => {
  const { interruption } = handled()
  process.emit(signal)
  process.emit('SIGINT')
  expect(interruption.exitCode()).toBe(code)
})

it('handleInterruption gives the exit code of Ctrl-C after a request of the program', () => {
  const { interruption } = handled()
  interruption.request()
  expect(interruption.exitCode()).toBe(130)
})

it('handleInterruption stops a later subscriber at once', () => {
  const { interruption } = handled()
  process.emit('SIGINT')
  let stops = 0
  interruption.stop$.subscribe(() => stops++)
  expect(stops).toBe(1)
})

it.each(signals)('handleInterruption restores %s', (signal) => {
  const before = process.listenerCount(signal)
  const { interruption } = handled()
  expect(process.listenerCount(signal)).toBe(before + 1)
  interruption.close()
  expect(process.listenerCount(signal)).toBe(before)
})
