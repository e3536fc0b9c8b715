import { lastValueFrom, take, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { fromAsyncGenerator } from '#lib/control/from-async-generator.js'

/** Observable that counts up to `end`, and a log of its numbers and of its clean-up. */
const counting = (end: number) => {
  const log: (number | string)[] = []
  const numbers$ = fromAsyncGenerator(async function* (signal) {
    try {
      for (let n = 1; n <= end && !signal.aborted; n++) {
        log.push(n)
        await Promise.resolve()
        yield n
      }
    } finally {
      log.push('freed')
    }
  })
  return { log, numbers$ }
}

/** Resolves when all pending promise callbacks have run. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('fromAsyncGenerator', () => {
  it('emits the values that the generator yields, and completes', async () => {
    const { log, numbers$ } = counting(3)
    expect(await lastValueFrom(numbers$.pipe(toArray()))).toEqual([1, 2, 3])
    expect(log).toEqual([1, 2, 3, 'freed'])
  })

  it('does nothing before it is subscribed, and starts afresh at every subscription', async () => {
    const { log, numbers$ } = counting(2)
    await settled()
    expect(log).toEqual([])
    for (let n = 0; n < 2; n++) expect(await lastValueFrom(numbers$.pipe(toArray()))).toEqual([1, 2])
  })

  it('passes an error of the generator on', async () => {
    const broken = new Error('broken')
    // eslint-disable-next-line @typescript-eslint/require-await
    const failing$ = fromAsyncGenerator(async function* (): AsyncGenerator<number> {
      throw broken
    })
    await expect(lastValueFrom(failing$)).rejects.toBe(broken)
  })

  it('aborts the signal when it is unsubscribed, and lets the generator clean up', async () => {
    const { log, numbers$ } = counting(1000)
    const seen: number[] = []
    const subscription = numbers$.subscribe((n) => {
      seen.push(n)
      if (n === 2) subscription.unsubscribe()
    })
    await settled()
    expect(seen).toEqual([1, 2])
    expect(log).toEqual([1, 2, 'freed'])
  })

  it('aborts the signal when an operator completes early', async () => {
    const { log, numbers$ } = counting(1000)
    expect(await lastValueFrom(numbers$.pipe(take(2), toArray()))).toEqual([1, 2])
    await settled()
    expect(log).toEqual([1, 2, 'freed'])
  })

  it('drops an error that comes after unsubscribing', async () => {
    const errors: unknown[] = []
    const failing$ = fromAsyncGenerator(async function* (): AsyncGenerator<number> {
      await settled()
      yield 1
      throw new Error('broken')
    })
    failing$.subscribe({ error: (error: unknown) => errors.push(error) }).unsubscribe()
    await settled()
    await settled()
    expect(errors).toEqual([])
  })
})
