import { EMPTY, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { scoreReference } from '#operators/score-reference.js'
import { aMeasuredBatch, anEmptyBatch, marblePolicy, someScores, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const [a, b] = [aMeasuredBatch(0), aMeasuredBatch(1)]
const referenced = (batch: typeof a) => ({ ...batch, referenceLogprobs_BT: someScores(batch).logprobs_BT })

describe('scoreReference', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => scoreReference(marblePolicy()),
      reactions: [a, b].map((input) => ({ input, outputs: [referenced(input)] })),
      ports: { 'reference.score': (answer) => scoreReference({ score: answer }) },
    })
  })

  it('scores one batch at a time, in order', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const scorings = [a, b].map((batch) => cold('---(s|)', { s: someScores(batch) }))
      const reference = marblePolicy({ score: (_, { step }) => scorings[step]! })
      expectObservable(cold('-ab--------|', { a, b }).pipe(scoreReference(reference))).toBe('----a--b---|', {
        a: referenced(a),
        b: referenced(b),
      })
      expectSubscriptions(scorings[0]!.subscriptions).toBe('-^--!')
      expectSubscriptions(scorings[1]!.subscriptions).toBe('----^--!')
    })
  })

  it('is not called for a batch without responses', () => {
    const reference = marblePolicy()
    const empty = { ...anEmptyBatch(), scores: someScores(anEmptyBatch()) }
    const seen: unknown[] = []
    of(empty)
      .pipe(scoreReference(reference))
      .subscribe((batch) => seen.push(batch))
    expect(seen).toEqual([{ ...empty, referenceLogprobs_BT: new Float32Array(0) }])
    expect(reference.scored).toEqual([])
  })

  it('scores at the temperature of the batch', () => {
    const tempered = { temperature: 0.5, logprobs_BT: a.scores.logprobs_BT }
    const batch = { ...a, scores: { ...a.scores, tempered } }
    const seen: unknown[] = []
    const record = { next: (value: unknown) => seen.push(value), error: (error: unknown) => seen.push(error) }
    of(batch).pipe(scoreReference(marblePolicy())).subscribe(record)
    of(batch)
      .pipe(scoreReference({ score: (each) => of(someScores(each)) }))
      .subscribe(record)
    expect(seen).toMatchObject([
      { referenceLogprobs_BT: someScores(a).logprobs_BT.map((logprob) => 2 * logprob) },
      { _tag: 'BrokenInvariant' },
    ])
  })

  it('fails when the reference completes without scores', () => {
    const errors: unknown[] = []
    of(b)
      .pipe(scoreReference({ score: () => EMPTY }))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([
      { _tag: 'BrokenInvariant', message: 'step 1: found no scores of the reference policy, expected one value' },
    ])
  })
})
