import { expect, it, onTestFinished } from 'vitest'
import { interruption, type StoppingWords } from '#cli/interruption.js'

const listening = (words?: StoppingWords) => {
  const notes: string[] = []
  const terminal = { interactive: false, columns: 80, write: () => undefined, note: (text: string) => notes.push(text) }
  const taken = interruption(terminal, words)
  onTestFinished(() => taken.release())
  return { taken, notes }
}

it('interruption stops at the first Ctrl-C and says that it waits at the second', () => {
  const { taken, notes } = listening()
  let stops = 0
  taken.stop$.subscribe(() => stops++)
  expect(taken.asked()).toBe(false)
  process.emit('SIGINT')
  expect(taken.asked()).toBe(true)
  expect(stops).toBe(1)
  process.emit('SIGINT')
  expect(notes[0]).toContain('stopping')
  expect(notes[1]).toContain('already stopping: waiting')
})

it('interruption says what it is told to', () => {
  const { notes } = listening({ first: 'once', again: 'and again' })
  for (let times = 0; times < 3; times++) process.emit('SIGINT')
  expect(notes).toEqual(['once', 'and again', 'and again'])
})

it('interruption stops at once what starts after it', () => {
  const { taken } = listening()
  process.emit('SIGINT')
  let stops = 0
  taken.stop$.subscribe(() => stops++)
  expect(stops).toBe(1)
})

it.each(['SIGINT', 'SIGTERM'] as const)('interruption gives %s back', (signal) => {
  const before = process.listenerCount(signal)
  const { taken } = listening()
  expect(process.listenerCount(signal)).toBe(before + 1)
  taken.release()
  expect(process.listenerCount(signal)).toBe(before)
})
