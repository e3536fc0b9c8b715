import { lastValueFrom, take, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { cancellable } from '#lib/control/cancellable.js'

/** Counts up to `end` in steps, and says how far it came and whether it cleaned up. */
const counting = (end: number) => {
  const log: (number | string)[] = []
  const numbers$ = cancellable(async function* (signal) {
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

/** Until every promise that is on has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('cancellable', () => {
  it('emits what the work yields, and completes', async () => {
    const { log, numbers$ } = counting(3)
    expect(await lastValueFrom(numbers$.pipe(toArray()))).toEqual([1, 2, 3])
    expect(log).toEqual([1, 2, 3, 'freed'])
  })

  it('does nothing before it is subscribed, and starts afresh each time', async () => {
    const { log, numbers$ } = counting(2)
    await settled()
    expect(log).toEqual([])
    for (let n = 0; n < 2; n++) expect(await lastValueFrom(numbers$.pipe(toArray()))).toEqual([1, 2])
  })

  it('passes what the work throws', async () => {
    const broken = new Error('broken')
    // eslint-disable-next-line @typescript-eslint/require-await
    const failing$ = cancellable(async function* (): AsyncGenerator<number> {
      throw broken
    })
    await expect(lastValueFrom(failing$)).rejects.toBe(broken)
  })

  it('tells the work when it is unsubscribed, and lets it clean up', async () => {
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

  it('is unsubscribed by whoever has had enough', async () => {
    const { log, numbers$ } = counting(1000)
    expect(await lastValueFrom(numbers$.pipe(take(2), toArray()))).toEqual([1, 2])
    await settled()
    expect(log).toEqual([1, 2, 'freed'])
  })

  it('keeps to itself what fails after it was unsubscribed', async () => {
    const errors: unknown[] = []
    const failing$ = cancellable(async function* (): AsyncGenerator<number> {
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
