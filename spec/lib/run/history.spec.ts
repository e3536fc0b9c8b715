import { describe, expect, it } from 'vitest'
import {
  bandSteps,
  emptyHistory,
  estimateSecondsLeft,
  inBandShare,
  limitBreach,
  medianStepSeconds,
  refusedUpdates,
  addStep,
} from '#lib/run/history.js'
import { secondsOf, skipped, loggedStep } from './reports.js'

const after = (...entropies: number[]) =>
  entropies.reduce((history, entropy, step) => addStep(history, loggedStep(step, entropy)), emptyHistory)

describe('inBandShare', () => {
  it('counts the bounds as inside', () => {
    expect(inBandShare(after(0.5, 0.6, 0.6001, 0.4999))).toBe(0.5)
  })
  it('leaves out batches without an entropy', () => {
    expect(inBandShare(after(0.55, Number.NaN, 0.7))).toBe(0.5)
  })
  it('is null if nothing was measured', () => {
    expect(inBandShare(emptyHistory)).toBeNull()
    expect(inBandShare(after(Number.NaN))).toBeNull()
  })
})

describe('refusedUpdates', () => {
  it('counts refused updates by reason, and no other skipped step', () => {
    const { metrics } = loggedStep(0, 0.5)
    const statuses = ['updated', 'non-finite-loss', 'zero-advantage', 'gradient-spike', 'gradient-spike'] as const
    expect(refusedUpdates(statuses.map((status) => ({ ...metrics, status })))).toEqual({
      'non-finite-loss': 1,
      'gradient-spike': 2,
    })
    expect(refusedUpdates([])).toEqual({})
  })
})

describe('limitBreach', () => {
  it('has the first step outside the limit, and the number of them', () => {
    const sides = [null, 'below', null, 'above'] as const
    const metrics = sides.map((outsideLimit, step) => ({ ...loggedStep(step, step / 8).metrics, outsideLimit }))
    expect(limitBreach(metrics)).toEqual({ steps: 2, step: 1, entropy: 0.125, side: 'below' })
    expect(limitBreach(metrics.slice(0, 1))).toBeNull()
  })
})

describe('medianStepSeconds', () => {
  const lasting = (...totals: number[]) =>
    totals.reduce(
      (history, total, step) => addStep(history, { ...loggedStep(step, 0.5), seconds: secondsOf(step, total) }),
      emptyHistory,
    )
  it('is the middle value, or the mean of the two middle values', () => {
    expect(medianStepSeconds(lasting(9, 1, 2))).toBe(2)
    expect(medianStepSeconds(lasting(9, 1, 2, 4))).toBe(3)
  })
  it('can be of the last steps only', () => {
    expect(medianStepSeconds(lasting(100, 100, 100, 1, 3, 2), 3)).toBe(2)
    expect(medianStepSeconds(lasting(5), 3)).toBe(5)
  })
  it('is null before the first step', () => {
    expect(medianStepSeconds(emptyHistory)).toBeNull()
    expect(medianStepSeconds(emptyHistory, 3)).toBeNull()
  })
})

describe('estimateSecondsLeft', () => {
  it('is null until three steps besides the first have ended', () => {
    for (const seconds of [[], [900], [900, 2], [900, 2, 2]]) expect(estimateSecondsLeft(seconds, 10)).toBeNull()
    expect(estimateSecondsLeft([900, 2, 2, 2], 10)).toBe(20)
  })
  it('follows the last 20 steps', () => {
    const [slow, fast] = [new Array<number>(30).fill(5), new Array<number>(20).fill(1)]
    expect(estimateSecondsLeft([...slow, ...fast], 7)).toBe(7)
    expect(estimateSecondsLeft([...fast, ...slow], 7)).toBe(35)
  })
  it('is hardly moved by one slow step, and 0 when no step remains', () => {
    expect(estimateSecondsLeft([30, 2, 2, 90, 2], 5)).toBe(10)
    expect(estimateSecondsLeft([30, 2, 2, 2], 0)).toBe(0)
    expect(estimateSecondsLeft([30, 2, 2, 2], -1)).toBe(0)
  })
})

describe('addStep', () => {
  it('counts the steps and those that did not update the weights, and has the latest', () => {
    const last = loggedStep(2, 0.5, skipped(2))
    expect(addStep(after(0.5, 0.5), last)).toMatchObject({ steps: 3, skipped: 1, latest: last })
  })
  it('sums the times of the stages', () => {
    const sums = { sample: 2, score: 0.5, update: 1, operators: 0.5, total: 4 }
    expect(after(0.5, 0.5).secondsByStage).toEqual(sums)
  })
  it('counts refusals and breaches as the functions over all steps do', () => {
    const refusing = {
      ...loggedStep(0, 0.5).metrics,
      status: 'gradient-spike' as const,
      outsideLimit: 'above' as const,
    }
    const all = [refusing, { ...refusing, step: 1 }]
    const history = all.reduce((before, metrics) => addStep(before, { metrics, seconds: secondsOf(0) }), emptyHistory)
    expect(history).toMatchObject({ refused: refusedUpdates(all), limitBreach: limitBreach(all) })
    expect(history.limitBreach).toEqual({ steps: 2, step: 0, entropy: 0.5, side: 'above' })
  })
  it('leaves the history before as it was, also after two different next steps', () => {
    const before = after(0.5)
    const [one, other] = [addStep(before, loggedStep(1, 0.6)), addStep(before, loggedStep(1, 0.7))]
    const entropies = [before, one, other].map((history) => {
      const { length, at } = bandSteps(history)
      return Array.from({ length }, (_, i) => at(i)?.entropy)
    })
    expect(entropies).toEqual([[0.5], [0.5, 0.6], [0.5, 0.7]])
  })
})

it('bandSteps has no entropy of a step that had none', () => {
  expect(bandSteps(after(Number.NaN)).at(0)).toEqual({ entropy: null, low: 0.5, high: 0.6 })
})
