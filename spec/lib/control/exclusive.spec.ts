import { concat, NEVER, Observable, of, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { exclusive } from '#lib/control/exclusive.js'
import { virtually } from '#testing.js'

const broken = new Error('broken')

const errorOf = (stream$: Observable<unknown>): unknown => {
  let found: unknown
  stream$.subscribe({ error: (error: unknown) => (found = error) })
  return found
}

describe('exclusive', () => {
  it('passes one subscription on, and refuses the second while the first runs', () => {
    virtually(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source$ = cold('--a--b|')
      const only$ = source$.pipe(exclusive('this source'))
      expectObservable(only$).toBe('--a--b|')
      flush()
      expectSubscriptions(source$.subscriptions).toBe('^-----!')
    })
    const running$ = NEVER.pipe(exclusive('this source'))
    running$.subscribe()
    expect(errorOf(running$)).toMatchObject({
      _tag: 'AlreadyRunning',
      message: 'this source already serves a run that has not ended',
    })
  })

  it.each([
    ['completed', of(1)],
    ['failed', throwError(() => broken)],
  ])('can be used again after one has %s', (_, source$) => {
    const only$ = source$.pipe(exclusive('this source'))
    const once = errorOf(only$)
    expect(errorOf(only$)).toBe(once)
  })

  it('can be used again after one was unsubscribed', () => {
    const only$ = NEVER.pipe(exclusive('this source'))
    only$.subscribe().unsubscribe()
    expect(errorOf(only$)).toBeUndefined()
  })

  it('can start again at the moment of completion', () => {
    const seen: number[] = []
    const only$ = of(1, 2).pipe(exclusive('this source'))
    concat(only$, only$).subscribe((value) => seen.push(value))
    expect(seen).toEqual([1, 2, 1, 2])
  })

  it('is one lock for all streams that pass through it, and each call creates another', () => {
    const [lock, other] = [exclusive('a'), exclusive('b')]
    NEVER.pipe(lock).subscribe()
    expect(errorOf(of(1).pipe(lock))).toMatchObject({ _tag: 'AlreadyRunning' })
    expect(errorOf(of(1).pipe(other))).toBeUndefined()
  })

  it('does not subscribe to the source of a refused subscription', () => {
    let subscriptions = 0
    const lock = exclusive('a')
    NEVER.pipe(lock).subscribe()
    errorOf(
      new Observable(() => {
        subscriptions++
      }).pipe(lock),
    )
    expect(subscriptions).toBe(0)
  })
})
