import { EMPTY, NEVER } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { takeOne } from '#operators/take-one.js'
import { virtually } from '#testing.js'

describe('takeOne', () => {
  it('emits the first value, and unsubscribes from the port', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const port$ = cold('--a--b--|')
      expectObservable(port$.pipe(takeOne('scores', 0))).toBe('--(a|)')
      expectSubscriptions(port$.subscriptions).toBe('^-!')
    })
  })

  it('fails when the port completes without a value', () => {
    const errors: unknown[] = []
    EMPTY.pipe(takeOne('scores', 7)).subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([{ _tag: 'BrokenInvariant', message: 'step 7: found no scores, expected one value' }])
  })

  it('passes an error of the port on, and waits for a silent port', () => {
    virtually(({ cold, expectObservable }) => {
      expectObservable(cold('--#').pipe(takeOne('scores', 0))).toBe('--#')
      expectObservable(NEVER.pipe(takeOne('scores', 0))).toBe('')
    })
  })
})
