import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { createPulledStream } from '#dashboard/server/pulled-stream.js'

const decoder = new TextDecoder()
const encode = (text: string) => new TextEncoder().encode(text)

describe('createPulledStream', () => {
  it('makes a piece only when it is read', async () => {
    let made = 0
    const text = (async function* () {
      while (made < 3) {
        await Promise.resolve()
        yield encode(`piece ${made++}`)
      }
    })()
    const onEnd = vi.fn()
    const reader = createPulledStream(text, () => undefined, onEnd).getReader()
    // A stream that reads ahead does so in microtasks, which run before this.
    await setImmediate()
    expect(made).toBe(0)
    for (const piece of [0, 1, 2]) {
      expect(decoder.decode((await reader.read()).value as Uint8Array)).toBe(`piece ${piece}`)
      await setImmediate()
      expect(made).toBe(piece + 1)
    }
    expect(onEnd).not.toHaveBeenCalled()
    expect((await reader.read()).done).toBe(true)
    expect(onEnd).toHaveBeenCalledOnce()
  })

  it('fails with the error of the generator, and ends once', async () => {
    const onEnd = vi.fn()
    const text = (async function* () {
      await Promise.resolve()
      if (onEnd.mock.calls.length === 0) throw new Error('no such disk')
      yield encode('')
    })()
    await expect(
      createPulledStream(text, () => undefined, onEnd)
        .getReader()
        .read(),
    ).rejects.toThrow('no such disk')
    expect(onEnd).toHaveBeenCalledOnce()
  })

  it.each([
    ['comes', () => undefined],
    [
      'fails',
      () => {
        throw new Error('too late')
      },
    ],
  ])('ends once when its reader leaves while a piece is made, which then %s', async (_, outcome) => {
    let leave = () => {}
    const left = new Promise<void>((resolve) => (leave = resolve))
    const onEnd = vi.fn()
    const cleanedUp = vi.fn()
    const text = (async function* () {
      try {
        await left
        outcome()
        yield encode('too late')
        yield encode('never')
      } finally {
        cleanedUp()
      }
    })()
    const reader = createPulledStream(text, leave, onEnd).getReader()
    const piece = reader.read()
    await setImmediate()
    await reader.cancel().catch(() => undefined)
    expect((await piece).done).toBe(true)
    await setImmediate()
    expect(onEnd).toHaveBeenCalledOnce()
    expect(cleanedUp).toHaveBeenCalledOnce()
  })
})
