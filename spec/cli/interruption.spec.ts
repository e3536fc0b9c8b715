import { expect, it, onTestFinished } from 'vitest'
import { interruption } from '#cli/interruption.js'

const listening = () => {
  const notes: string[] = []
  const taken = interruption({
    interactive: false,
    columns: 80,
    write: () => undefined,
    note: (text) => notes.push(text),
  })
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
