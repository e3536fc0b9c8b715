import { NEVER, of, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { beforeEnd } from '#lib/control/before-end.js'

describe('beforeEnd', () => {
  it.each([
    ['completes', of(1), ['call', 'end']],
    ['fails', throwError(() => new Error('broken')), ['call', 'end']],
  ])('calls back once before the receiver is told that the stream %s', (_, source$, expected) => {
    const seen: string[] = []
    source$.pipe(beforeEnd(() => seen.push('call'))).subscribe({
      error: () => seen.push('end'),
      complete: () => seen.push('end'),
    })
    expect(seen).toEqual(expected)
  })

  it('calls back when the stream is unsubscribed, and once for each subscription', () => {
    let calls = 0
    const stream$ = NEVER.pipe(beforeEnd(() => calls++))
    const [first, second] = [stream$.subscribe(), stream$.subscribe()]
    expect(calls).toBe(0)
    first.unsubscribe()
    first.unsubscribe()
    expect(calls).toBe(1)
    second.unsubscribe()
    expect(calls).toBe(2)
  })
})
