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
const report = (step: number, version = step + 1) => stepReportOf(aFilteredBatch(step), anUpdate(version))

/** Batch whose responses are all rejected, because entropy is too low and all advantages are positive. */
const rejected = (step: number) => {
  const measured = aMeasuredBatch(step, [1, 1])
  return sign().admit(anEntropyState(step, { drift: -1 }), { ...measured, scores: someScores(measured, 0.3, 5) })
}
const empty = everything().admit(anEntropyState(2, { entropy: NaN }), {
  ...anEmptyBatch(2),
  scores: someScores(anEmptyBatch(2), NaN, 5),
})
const skipped = { status: 'skipped', version: 5, reason: 'nothing-accepted' } as const

describe('gpuSink', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => gpuSink({ ...fakeLearner(), update: ({ step }) => of(anUpdate(step + 1)) }, objective, demand()),
      reactions: [0, 1].map((step) => ({ input: aFilteredBatch(step), outputs: [report(step)] })),
      ports: { 'learner.update': (answer) => gpuSink({ ...fakeLearner(), update: answer }, objective, demand()) },
    })
  })

  it('updates one batch after the other, and reports each', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const updates = [1, 2].map((version) => cold('----(u|)', { u: anUpdate(version) }))
      const learner = fakeLearner({ update: (_, { step }) => updates[step]! })
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
    const watched = { ...demand(), returnCredit: (step: number) => order.push(`credit ${step}`) }
    of(aFilteredBatch(0), rejected(1), empty)
      .pipe(gpuSink(fakeLearner(), objective, watched))
      .subscribe(({ step }) => order.push(`report ${step}`))
    expect(order).toEqual(['report 0', 'credit 0', 'report 1', 'credit 1', 'report 2', 'credit 2'])
  })

  it('calls the learner with the batch and the objective', () => {
    const calls: unknown[] = []
    const learner = { ...fakeLearner(), update: (...args: unknown[]) => (calls.push(args), of(anUpdate())) }
    const batch = aFilteredBatch(0)
    of(batch)
      .pipe(gpuSink(learner, objective, demand()))
      .subscribe()
    expect(calls).toEqual([[batch, objective]])
  })

  it.each([
    ['no response was accepted', rejected(1)],
    ['the batch is empty', empty],
  ])('reports a skipped step when %s, without calling the learner', (_, batch) => {
    virtually(({ cold, expectObservable }) => {
      const learner = fakeLearner()
      expectObservable(cold('a-', { a: batch }).pipe(gpuSink(learner, objective, demand()))).toBe('a-', {
        a: stepReportOf(batch, skipped),
      })
      expect(learner.updates).toEqual([])
    })
  })

  it('reports an update that the learner skipped', async () => {
    const skippedUpdate = { status: 'skipped', version: 4, reason: 'non-finite-loss' } as const
    const learner = fakeLearner({ update: () => of(skippedUpdate) })
    const sink$ = of(aFilteredBatch(0)).pipe(gpuSink(learner, objective, demand()))
    expect(await lastValueFrom(sink$)).toMatchObject({ outcome: skippedUpdate, tokens: { trained: 0 } })
  })

  it('records which steps changed no weight before their credit returns', () => {
    const known: unknown[] = []
    const shared = demand()
    const watched = { ...shared, returnCredit: (step: number) => known.push(shared.skippedSteps(step)) }
    const learner = fakeLearner({
      update: (_, { step }) =>
        of(step === 2 ? ({ status: 'skipped', version: 5, reason: 'gradient-spike' } as const) : anUpdate(5)),
    })
    of(aFilteredBatch(0), rejected(1), aFilteredBatch(2), aFilteredBatch(3))
      .pipe(gpuSink(learner, objective, watched))
      .subscribe()
    expect(known).toEqual([[], [1], [2], []])
  })

  it('reports the updates of the batches that came before an error of an earlier stage', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const updates = [1, 2].map((version) => cold('----(u|)', { u: anUpdate(version) }))
      const learner = fakeLearner({ update: (_, { step }) => updates[step]! })
      const batches$ = cold('-ab#', { a: aFilteredBatch(0), b: aFilteredBatch(1) })
      expectObservable(batches$.pipe(gpuSink(learner, objective, demand()))).toBe('-----a---(b#)', {
        a: report(0),
        b: report(1),
      })
      expectSubscriptions(updates[1]!.subscriptions).toBe('-----^---!')
    })
  })

  it('fails when the learner completes without a report', async () => {
    const sink$ = of(aFilteredBatch(6)).pipe(gpuSink(fakeLearner({ update: () => EMPTY }), objective, demand()))
    await expect(lastValueFrom(sink$)).rejects.toMatchObject({
      _tag: 'BrokenInvariant',
      message: 'step 6: found no report of the learner, expected one value',
    })
  })

  it('serves one run of a demand at a time, until the last batch of the first run has trained', async () => {
    const shared = demand()
    const busy = gpuSink(fakeLearner({ update: () => NEVER }), objective, shared)
    const first = of(aFilteredBatch(0)).pipe(busy).subscribe()
    const second$ = of(aFilteredBatch(0)).pipe(gpuSink(fakeLearner(), objective, shared))
    await expect(lastValueFrom(second$)).rejects.toMatchObject({ _tag: 'AlreadyRunning' })
    first.unsubscribe()
    expect(await lastValueFrom(concat(second$, second$))).toMatchObject({ outcome: anUpdate(2) })
  })
})
