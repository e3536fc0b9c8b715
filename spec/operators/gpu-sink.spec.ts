import { concat, EMPTY, lastValueFrom, NEVER, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { everything } from '#lib/entropy/filter/everything.js'
import { sign } from '#lib/entropy/filter/sign.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { stepReportOf } from '#lib/report/step-report-of.js'
import { createDemand } from '#lib/control/demand.js'
import { gpuSink } from '#operators/gpu-sink.js'
import {
  aFilteredBatch,
  aMeasuredBatch,
  anEmptyBatch,
  anEntropyState,
  anUpdate,
  fakeLearner,
  someScores,
  virtually,
} from '#testing.js'
import { keepsTheLaws } from './laws.js'

const objective = ppoClip()
const demand = () => createDemand({ prompts: 1, inFlight: 2 })
const report = (batch: number, version = batch + 1) => stepReportOf(aFilteredBatch(batch), anUpdate(version))

/** All advantages have the wrong sign. */
const rejected = (batch: number) => {
  const measured = aMeasuredBatch(batch, [1, 1])
  return sign().admit(anEntropyState(batch, { drift: -1 }), { ...measured, scores: someScores(measured, 0.3, 5) })
}
const empty = everything().admit(anEntropyState(2, { entropy: NaN }), {
  ...anEmptyBatch(2),
  scores: someScores(anEmptyBatch(2), NaN, 5),
})
const skipped = { status: 'skipped', version: 5, reason: 'nothing-accepted' } as const

describe('gpuSink', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () =>
        gpuSink({ ...fakeLearner(), update: ({ step: batch }) => of(anUpdate(batch + 1)) }, objective, demand()),
      reactions: [0, 1].map((batch) => ({ input: aFilteredBatch(batch), outputs: [report(batch)] })),
      ports: { 'learner.update': (answer) => gpuSink({ ...fakeLearner(), update: answer }, objective, demand()) },
    })
  })

  it('updates one batch after the other, and reports each', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const updates = [1, 2].map((version) => cold('----(u|)', { u: anUpdate(version) }))
      const learner = fakeLearner({ update: (_, { step: batch }) => updates[batch]! })
      const batches$ = cold('-ab|', { a: aFilteredBatch(0), b: aFilteredBatch(1) })
      expectObservable(batches$.pipe(gpuSink(learner, objective, demand()))).toBe('-----a---(b|)', {
        a: report(0),
        b: report(1),
      })
      expectSubscriptions(updates[0]!.subscriptions).toBe('-^---!')
      expectSubscriptions(updates[1]!.subscriptions).toBe('-----^---!')
    })
  })

  it('returns the credit of a batch after its report', () => {
    const order: unknown[] = []
    const watched = { ...demand(), returnCredit: (batch: number) => order.push(`credit ${batch}`) }
    of(aFilteredBatch(0), rejected(1), empty)
      .pipe(gpuSink(fakeLearner(), objective, watched))
      .subscribe(({ step }) => order.push(`report ${step}`))
    expect(order).toEqual(['report 0', 'credit 0', 'report 1', 'credit 1', 'report 2', 'credit 2'])
  })

  it('hands the learner the batch and the objective', () => {
    const asked: unknown[] = []
    const learner = { ...fakeLearner(), update: (...args: unknown[]) => (asked.push(args), of(anUpdate())) }
    const batch = aFilteredBatch(0)
    of(batch)
      .pipe(gpuSink(learner, objective, demand()))
      .subscribe()
    expect(asked).toEqual([[batch, objective]])
  })

  it.each([
    ['nothing was accepted', rejected(1)],
    ['there is nothing', empty],
  ])('reports a skipped step where %s, without asking the learner', (_, batch) => {
    virtually(({ cold, expectObservable }) => {
      const learner = fakeLearner()
      expectObservable(cold('a|', { a: batch }).pipe(gpuSink(learner, objective, demand()))).toBe('a|', {
        a: stepReportOf(batch, skipped),
      })
      expect(learner.updates).toEqual([])
    })
  })

  it('passes on what the learner refused', async () => {
    const refused = { status: 'skipped', version: 4, reason: 'non-finite-loss' } as const
    const learner = fakeLearner({ update: () => of(refused) })
    const sink$ = of(aFilteredBatch(0)).pipe(gpuSink(learner, objective, demand()))
    expect(await lastValueFrom(sink$)).toMatchObject({ outcome: refused, tokens: { trained: 0 } })
  })

  it('needs a report', async () => {
    const sink$ = of(aFilteredBatch(6)).pipe(gpuSink(fakeLearner({ update: () => EMPTY }), objective, demand()))
    await expect(lastValueFrom(sink$)).rejects.toMatchObject({
      _tag: 'BrokenInvariant',
      message: 'the learner gave no report of batch 6',
    })
  })

  it('serves one run of a demand at a time, also while the last batch of the first is still training', async () => {
    const shared = demand()
    const busy = gpuSink(fakeLearner({ update: () => NEVER }), objective, shared)
    const first = of(aFilteredBatch(0)).pipe(busy).subscribe()
    const second$ = of(aFilteredBatch(0)).pipe(gpuSink(fakeLearner(), objective, shared))
    await expect(lastValueFrom(second$)).rejects.toMatchObject({ _tag: 'AlreadyRunning' })
    first.unsubscribe()
    expect(await lastValueFrom(concat(second$, second$))).toMatchObject({ outcome: anUpdate(2) })
  })
})
