import { defer, NEVER, of, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { EntropyState } from '#lib/rollout/entropy-state.js'
import { everything } from '#lib/entropy/filter/everything.js'
import { sign } from '#lib/entropy/filter/sign.js'
import type { MeasuredBatch } from '#lib/rollout/batch.js'
import { rejectionFilter } from '#operators/rejection-filter.js'
import { aMeasuredBatch, anEntropyState, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const advantages = [1, -1, 0]
const batch = (number: number) => aMeasuredBatch(number, advantages)
const [a, b] = [batch(0), batch(1)]
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

  it('decides by the state of the batch, and adds who gets in', () => {
    expect(filtered.a).toMatchObject({ ...a, state: states.L, accepted_B: [false, true, true] })
    expect(filtered.b).toMatchObject({ ...b, state: states.H, accepted_B: [true, false, true] })
  })

  it.each([
    ['early', 'LH-------', '--a-b-|', '--a-b-|'],
    ['late', '---L---H-', '-a---b-|', '---a---(b|)'],
    ['at the same time', '--L-H----', '--a-b-|', '--a-b-|'],
    ['two batches in flight, states after both', '---L-H---', 'ab-|', '---a-(b|)'],
    ['two batches in flight, states in the other order', '---H-L---', 'ab-|', '-----(ab|)'],
  ])('joins the state of each batch: %s', (_, state$, batches$, output) => {
    virtually(({ cold, hot, expectObservable }) => {
      const filter$ = cold(batches$, { a, b }).pipe(rejectionFilter(hot(state$, states), sign()))
      expectObservable(filter$).toBe(output, filtered)
    })
  })

  it('listens to the states from before the first batch until the end, and no longer', () => {
    virtually(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const state$ = hot('L--H-----', states)
      expectObservable(cold('--a--b|', { a, b }).pipe(rejectionFilter(state$, sign()))).toBe('--a--b|', filtered)
      expectSubscriptions(state$.subscriptions).toBe('^-----!')
      const unheard$ = hot('---------')
      expectObservable(cold('a', { a }).pipe(rejectionFilter(unheard$ as never, sign())), '^--!').toBe('')
      expectSubscriptions(unheard$.subscriptions).toBe('^--!')
    })
  })

  it('breaks when the states end without that of a batch', () => {
    const errors: unknown[] = []
    of(batch(3))
      .pipe(rejectionFilter(of(states.L), sign()))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([
      { _tag: 'BrokenInvariant', message: 'the entropy states ended without that of batch 3' },
    ])
  })

  it('remembers no more than the last 64 states', () => {
    /** How many batches pass: the one given, after that many states. */
    const accepted = (states: number, number: number) => {
      const state$ = new Subject<EntropyState>()
      const batches$ = new Subject<MeasuredBatch>()
      let passed = 0
      batches$.pipe(rejectionFilter(state$, everything())).subscribe(() => passed++)
      for (let of = 0; of < states; of++) state$.next(anEntropyState(of))
      batches$.next(batch(number))
      return passed
    }
    expect(accepted(64, 0)).toBe(1)
    expect(accepted(65, 0)).toBe(0)
    expect(accepted(1000, 999)).toBe(1)
  })

  it('waits for ever for a state that does not come', () => {
    virtually(({ cold, expectObservable }) => {
      expectObservable(cold('a-|', { a }).pipe(rejectionFilter(NEVER, sign()))).toBe('')
    })
  })
})
