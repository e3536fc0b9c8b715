import { defer, from, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Controller } from '#lib/entropy/controller.js'
import type { MeasuredBatch } from '#lib/rollout/batch.js'
import { applyController } from '#operators/apply-controller.js'
import { aMeasuredBatch, anEntropyState, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

/** Controller that sums the entropies, and multiplies advantages by the sum. */
const summing: Controller<{ readonly sum: number }> = {
  name: 'summing',
  rewards: 'any',
  initial: { sum: 0 },
  control: ({ entropy }, { advantages_B }, before) => {
    const sum = before.sum + entropy
    return { memory: { sum }, advantages_B: advantages_B.map((a) => a * sum), scalars: { sum } }
  },
}
const [a, b] = [aMeasuredBatch(0), aMeasuredBatch(1)]
const states = { A: anEntropyState(0, { entropy: 2 }), B: anEntropyState(1, { entropy: 3 }) }
const controlled = (batch: MeasuredBatch, sum: number): MeasuredBatch => ({
  ...batch,
  advantages_B: batch.advantages_B.map((advantage) => advantage * sum),
  controlled: { controller: 'summing', memory: { sum }, scalars: { sum } },
})
const outputs = { a: controlled(a, 2), b: controlled(b, 5) }

describe('applyController', () => {
  describe('laws', () => {
    const known$ = of(states.A, states.B)
    keepsTheLaws({
      operator: () => applyController(known$, summing),
      reactions: [
        { input: a, outputs: [outputs.a] },
        { input: b, outputs: [outputs.b] },
      ],
      ports: { state$: (answer) => applyController(defer(answer), summing) },
      callbacks: {
        control: (control) => applyController(known$, { ...summing, control }),
      },
    })
  })

  it.each([
    ['early', 'AB-------', '--a-b-|', '--a-b-|'],
    ['late', '---A---B-', '-a---b-|', '---a---(b|)'],
    ['after both batches', '---A-B---', 'ab-|', '---a-(b|)'],
  ])('joins the state of each step: %s', (_, state$, batches$, output) => {
    virtually(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const states$ = hot(state$, states)
      expectObservable(cold(batches$, { a, b }).pipe(applyController(states$, summing))).toBe(output, outputs)
      expectSubscriptions(states$.subscriptions).toBe(
        `^${'-'.repeat(output.replace(/\(..?\|?\)/, '|').indexOf('|') - 1)}!`,
      )
    })
  })

  const seen = (batches: readonly MeasuredBatch[], given = Object.values(states), sum?: number) => {
    const found: unknown[] = []
    from(batches)
      .pipe(applyController(from(given), summing, sum === undefined ? undefined : { sum }))
      .subscribe({
        next: ({ controlled }) => found.push(controlled?.memory),
        error: (error: unknown) => found.push(error),
      })
    return found
  }

  it('starts from the memory of the run before', () => {
    expect(seen([a, b], Object.values(states), 10)).toEqual([{ sum: 12 }, { sum: 15 }])
  })

  it('keeps its memory over a batch without an entropy', () => {
    const none = anEntropyState(1, { entropy: NaN })
    const c = anEntropyState(2, { entropy: 1 })
    expect(seen([a, b, aMeasuredBatch(2)], [states.A, none, c])).toEqual([{ sum: 2 }, { sum: 2 }, { sum: 3 }])
  })

  it('keeps advantages when the controller returns none', () => {
    const found: MeasuredBatch[] = []
    of(a)
      .pipe(applyController(of(states.A), { ...summing, control: () => ({ memory: { sum: 2 } }) }))
      .subscribe((batch) => found.push(batch))
    expect(found).toEqual([{ ...a, controlled: { controller: 'summing', memory: { sum: 2 }, scalars: {} } }])
  })

  it('fails when the states end before the state of a batch', () => {
    expect(seen([b], [states.A])).toMatchObject([
      {
        _tag: 'BrokenInvariant',
        message:
          'entropy state of step 1: found the end of the states, expected one state for each step, in order; use the `state$` of the control that monitors these batches',
      },
    ])
  })
})
