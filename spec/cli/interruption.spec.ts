import { expect, it, onTestFinished } from 'vitest'
import { fakeTerminal } from './fake-terminal.js'
import { handleInterruption, type StopMessages } from '#cli/interruption.js'

const handled = (words?: StopMessages) => {
  const notes: string[] = []
  const terminal = fakeTerminal({ note: (text) => notes.push(text) })
  const interruption = handleInterruption(terminal, words)
  onTestFinished(() => interruption.close())
  return { interruption, notes }
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
  for (let times = 0; times < 3; times++) process.emit('SIGINT')
  expect(notes).toEqual(['once', 'and again', 'and again'])
})

it('handleInterruption stops a later subscriber at once', () => {
  const { interruption } = handled()
  process.emit('SIGINT')
  let stops = 0
  interruption.stop$.subscribe(() => stops++)
  expect(stops).toBe(1)
})

it.each(['SIGINT', 'SIGTERM'] as const)('handleInterruption restores %s', (signal) => {
  const before = process.listenerCount(signal)
  const { interruption } = handled()
  expect(process.listenerCount(signal)).toBe(before + 1)
  interruption.close()
  expect(process.listenerCount(signal)).toBe(before)
})
