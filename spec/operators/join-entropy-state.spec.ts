import { catchError, concat, defer, EMPTY, NEVER, of, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { PipelineError } from '#lib/pipeline-error.js'
import type { MeasuredBatch } from '#lib/rollout/batch.js'
import type { EntropyState } from '#lib/rollout/entropy-state.js'
import { joinEntropyState } from '#operators/join-entropy-state.js'
import { aMeasuredBatch, anEntropyState, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const [a, b] = [aMeasuredBatch(0), aMeasuredBatch(1)]
const states = { A: anEntropyState(0), B: anEntropyState(1) }
const pairs = { x: [a, states.A] as const, y: [b, states.B] as const }
const remedy = 'expected one state for each step, in order; use the `state$` of the control that monitors these batches'

/** Error that ends the join of these batches. */
const errorOf = (batches: readonly MeasuredBatch[], given: readonly EntropyState[], rest$ = NEVER): unknown => {
  let found: unknown
  of(...batches)
    .pipe(joinEntropyState(concat(of(...given), rest$)))
    .subscribe({ error: (error: unknown) => (found = error) })
  return found
}

describe('joinEntropyState', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => joinEntropyState(of(states.A, states.B)),
      reactions: [
        { input: a, outputs: [pairs.x] },
        { input: b, outputs: [pairs.y] },
      ],
      ports: { state$: (answer) => joinEntropyState(defer(answer)) },
    })
  })

  it.each([
    ['early', 'AB-------', '--a-b-|', '--x-y-|'],
    ['late', '---A---B-', '-a---b-|', '---x---(y|)'],
    ['at the same time', '--A-B----', '--a-b-|', '--x-y-|'],
    ['after both batches', '---A-B---', 'ab-|', '---x-(y|)'],
  ])('pairs each batch with the state of its step, when states come %s', (_, state$, batches$, output) => {
    virtually(({ cold, hot, expectObservable }) => {
      const joined$ = cold(batches$, { a, b }).pipe(joinEntropyState(hot(state$, states)))
      expectObservable(joined$).toBe(output, pairs)
    })
  })

  it('fails as soon as the state of a later step comes first', () => {
    virtually(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const state$ = hot('---B-A---', states)
      const joined$ = cold('ab-|', { a, b }).pipe(joinEntropyState(state$))
      const ending$ = joined$.pipe(
        catchError((error: unknown) => of(error instanceof PipelineError ? error._tag : error)),
      )
      expectObservable(ending$).toBe('---(e|)', { e: 'BrokenInvariant' })
      expectSubscriptions(state$.subscriptions).toBe('^--!')
    })
    expect(errorOf([a, b], [states.B])).toMatchObject({
      _tag: 'BrokenInvariant',
      message: `entropy state of step 0: found the state of step 1, ${remedy}`,
    })
  })

  it('fails when the states end before the state of a batch', () => {
    expect(errorOf([b], [states.A], EMPTY)).toMatchObject({
      _tag: 'BrokenInvariant',
      message: `entropy state of step 1: found the end of the states, ${remedy}`,
    })
  })

  it('skips states of steps without a batch', () => {
    expect(errorOf([b], [states.A, states.B])).toBeUndefined()
  })

  it('keeps at most the last 64 states, and fails for an older step', () => {
    /** Outcome for the batch of `step` that comes after `count` states. */
    const outcomeOf = (count: number, step: number): unknown => {
      const state$ = new Subject<EntropyState>()
      const batches$ = new Subject<MeasuredBatch>()
      let outcome: unknown
      batches$.pipe(joinEntropyState(state$)).subscribe({
        next: ([, state]) => (outcome = state.step),
        error: (error: unknown) => (outcome = error),
      })
      for (let n = 0; n < count; n++) state$.next(anEntropyState(n))
      batches$.next(aMeasuredBatch(step))
      return outcome
    }
    expect(outcomeOf(64, 0)).toBe(0)
    expect(outcomeOf(1000, 999)).toBe(999)
    expect(outcomeOf(65, 0)).toMatchObject({
      _tag: 'BrokenInvariant',
      message: `entropy state of step 0: found the state of step 1, ${remedy}`,
    })
  })
})
