import { defer, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { sign } from '#lib/entropy/filter/sign.js'
import { rejectionFilter } from '#operators/rejection-filter.js'
import { aMeasuredBatch, anEntropyState, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const advantages = [1, -1, 0]
const batchAt = (step: number) => aMeasuredBatch(step, advantages)
const [a, b] = [batchAt(0), batchAt(1)]
const states = { L: anEntropyState(0, { drift: -1 }), H: anEntropyState(1, { drift: 1 }) }
const filtered = { a: sign().admit(states.L, a), b: sign().admit(states.H, b) }

describe('rejectionFilter', () => {
  describe('laws', () => {
    const known$ = of(states.L, states.H)
    keepsTheLaws({
      operator: () => rejectionFilter(known$, sign()),
      reactions: [
        { input: a, outputs: [filtered.a] },
        { input: b, outputs: [filtered.b] },
      ],
      ports: { state$: (answer) => rejectionFilter(defer(answer), sign()) },
      callbacks: { filter: (admit) => rejectionFilter(known$, { ...sign(), admit }) },
    })
  })

  it('decides by the state of the step, and adds the accepted responses', () => {
    expect(filtered.a).toMatchObject({ ...a, state: states.L, accepted_B: [false, true, true] })
    expect(filtered.b).toMatchObject({ ...b, state: states.H, accepted_B: [true, false, true] })
  })

  it.each([
    ['early', 'LH-------', '--a-b-|', '--a-b-|'],
    ['late', '---L---H-', '-a---b-|', '---a---(b|)'],
    ['at the same time', '--L-H----', '--a-b-|', '--a-b-|'],
    ['two batches in flight, states after both', '---L-H---', 'ab-|', '---a-(b|)'],
  ])('joins the state of each step: %s', (_, state$, batches$, output) => {
    virtually(({ cold, hot, expectObservable }) => {
      const filter$ = cold(batches$, { a, b }).pipe(rejectionFilter(hot(state$, states), sign()))
      expectObservable(filter$).toBe(output, filtered)
    })
  })

  it('is subscribed to the states from before the first batch until its own end', () => {
    virtually(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const state$ = hot('L--H-----', states)
      expectObservable(cold('--a--b|', { a, b }).pipe(rejectionFilter(state$, sign()))).toBe('--a--b|', filtered)
      expectSubscriptions(state$.subscriptions).toBe('^-----!')
      const silent$ = hot('---------')
      expectObservable(cold('a', { a }).pipe(rejectionFilter(silent$ as never, sign())), '^--!').toBe('')
      expectSubscriptions(silent$.subscriptions).toBe('^--!')
    })
  })

  it('fails when the states end before the state of a batch', () => {
    const errors: unknown[] = []
    of(batchAt(3))
      .pipe(rejectionFilter(of(states.L), sign()))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([
      {
        _tag: 'BrokenInvariant',
        message:
          'entropy state of step 3: found the end of the states, expected one state for each step, in order; use the `state$` of the control that monitors these batches',
      },
    ])
  })
})
