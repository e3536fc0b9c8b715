import { catchError, defer, map, type Observable, of } from 'rxjs'
import { describe, it } from 'vitest'
import { HubError, type HubProblem } from '#lib/checkpoint/hub/hub-error.js'
import { failOnSilence, retryWithWaits, type Waiting } from '#lib/checkpoint/hub/retry.js'
import { virtually } from '#testing.js'

const patience = { tries: 2, firstWait: 0.01, longestWait: 1, silence: 0.02 }
const failure = (problem: HubProblem, wait: number | null = null) => new HubError(problem, 'here', 'x', 'y', { wait })

/** Observable with one source per subscription; the last source serves all further ones. */
const inTurn = (sources: readonly Observable<number>[]): Observable<number> => {
  let turn = 0
  return defer(() => sources[Math.min(turn++, sources.length - 1)]!)
}

const brief = (value: number | Waiting): string => (typeof value === 'number' ? String(value) : `w${value.seconds}`)
const tried = (source$: Observable<number>) =>
  source$.pipe(retryWithWaits({ on: ['busy'], progressOf: (value) => value, patience }), map(brief))

describe('retryWithWaits', () => {
  const busy = failure('busy')

  it('passes values through', () =>
    virtually(({ cold, expectObservable }) => {
      expectObservable(tried(cold('-a-b|', { a: 1, b: 2 }))).toBe('-a-b|', { a: '1', b: '2' })
      expectObservable(tried(cold('--|'))).toBe('--|')
    }))

  it('waits twice as long each time, and fails after the last retry', () =>
    virtually(({ cold, expectObservable }) => {
      expectObservable(tried(cold('-#', {}, busy))).toBe('-a 10ms b 20ms #', { a: 'w0.01', b: 'w0.02' }, busy)
    }))

  it('resets the number of retries on new progress', () =>
    virtually(({ cold, expectObservable }) => {
      const further = [1, 2, 3].map((value) => cold('a#', { a: value }, busy))
      const source$ = inTurn([...further, cold('#', {}, busy)])
      expectObservable(tried(source$)).toBe(
        'aw 9ms bw 9ms cw 9ms x 19ms #',
        { a: '1', b: '2', c: '3', w: 'w0.01', x: 'w0.02' },
        busy,
      )
    }))

  it('does not reset it without new progress', () =>
    virtually(({ cold, expectObservable }) => {
      const source$ = cold('a#', { a: 1 }, busy)
      expectObservable(tried(source$)).toBe('aw 9ms ax 19ms a#', { a: '1', w: 'w0.01', x: 'w0.02' }, busy)
    }))

  it('waits as long as the hub requests, up to a limit', () =>
    virtually(({ cold, expectObservable }) => {
      const asked = inTurn([cold<number>('#', {}, failure('busy', 0.005)), cold('a|', { a: 1 })])
      expectObservable(tried(asked)).toBe('w 4ms a|', { w: 'w0.005', a: '1' })
      const tooLong = failure('busy', 1.5)
      expectObservable(tried(cold('#', {}, tooLong))).toBe('#', {}, tooLong)
    }))

  it('does not retry a permanent problem', () =>
    virtually(({ cold, expectObservable }) => {
      for (const error of [failure('denied'), new Error('a mistake')])
        expectObservable(tried(cold('-#', {}, error))).toBe('-#', {}, error)
    }))

  it('ends its wait when it is unsubscribed', () =>
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold<number>('-#', {}, busy)
      expectObservable(tried(source$), '-----!').toBe('-w', { w: 'w0.01' })
      expectSubscriptions(source$.subscriptions).toBe('^!')
    }))

  it('counts retries per subscriber', () =>
    virtually(({ cold, expectObservable }) => {
      const tried$ = tried(cold('#', {}, busy))
      const values = { a: 'w0.01', b: 'w0.02' }
      expectObservable(tried$).toBe('a 9ms b 19ms #', values, busy)
      expectObservable(tried$).toBe('a 9ms b 19ms #', values, busy)
    }))
})

describe('failOnSilence', () => {
  it('fails after too long a silence, at any time', () =>
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const found = (source$: Observable<number>) =>
        source$.pipe(
          failOnSilence('here', patience),
          map(brief),
          catchError((error: unknown) => of(error instanceof HubError ? error.found : error)),
        )
      const mute$ = cold<number>('a 30ms b|', { a: 1, b: 2 })
      expectObservable(found(mute$)).toBe('a 19ms (f|)', { a: '1', f: 'no data for 0.02 s' })
      expectSubscriptions(mute$.subscriptions).toBe('^ 19ms !')
      expectObservable(found(cold('-'))).toBe('20ms (f|)', { f: 'no data for 0.02 s' })
      expectObservable(found(cold('a 15ms b 15ms |', { a: 1, b: 2 }))).toBe('a 15ms b 15ms |', { a: '1', b: '2' })
    }))
})
