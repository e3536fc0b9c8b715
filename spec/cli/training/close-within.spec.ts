import { describe, expect, it } from 'vitest'
import { closeWithin } from '#cli/training/close-within.js'
import type { Engine } from '#lib/compute/engine/engine.js'
import { fakeTerminal } from '../fake-terminal.js'

const never = () => new Promise<void>(() => undefined)

/** Closes two engines whose closing and whose threads end or hang. */
const closing = async (close: () => Promise<void>, abandon: () => Promise<void>, seconds: number | null = 1e-3) => {
  const notes: string[] = []
  const events: string[] = []
  const engine = {
    abandon: () => {
      events.push('abandon')
      return abandon()
    },
  } as unknown as Engine
  const terminal = fakeTerminal({ note: (text) => notes.push(text) })
  await closeWithin({ engine, replicas: [engine], close }, seconds, terminal, () => events.push('kill')).close()
  return { notes, events }
}

describe('closeWithin', () => {
  it('closes engines that answer, and waits without a limit', async () => {
    const done = { notes: [], events: [] }
    expect(await closing(() => Promise.resolve(), never)).toEqual(done)
    expect(await closing(() => Promise.resolve(), never, null)).toEqual(done)
  })

  it('ends the threads of engines that do not close', async () => {
    expect(await closing(never, () => Promise.resolve())).toEqual({
      notes: ['the engines do not close within the stage timeout of 0.001 s: their threads are ended'],
      events: ['abandon', 'abandon'],
    })
  })

  it('kills the process when a thread does not end', async () => {
    const { notes, events } = await closing(never, never)
    expect(notes).toHaveLength(2)
    expect(notes[1]).toBe('a thread hangs in native code: the process is killed')
    expect(events).toEqual(['abandon', 'abandon', 'kill'])
  })
})
