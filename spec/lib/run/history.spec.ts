import { describe, expect, it } from 'vitest'
import {
  emptyHistory,
  estimateSecondsLeft,
  inBandShare,
  limitBreach,
  medianStepSeconds,
  refusedUpdates,
  secondsByStage,
  skippedSteps,
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
    expect(refusedUpdates({ metrics: statuses.map((status) => ({ ...metrics, status })) })).toEqual({
      'non-finite-loss': 1,
      'gradient-spike': 2,
    })
    expect(refusedUpdates(emptyHistory)).toEqual({})
  })
})

describe('limitBreach', () => {
  it('has the first step outside the limit, and the number of them', () => {
    const sides = [null, 'below', null, 'above'] as const
    const metrics = sides.map((outsideLimit, step) => ({ ...loggedStep(step, step / 8).metrics, outsideLimit }))
    expect(limitBreach({ metrics })).toEqual({ steps: 2, step: 1, entropy: 0.125, side: 'below' })
    expect(limitBreach({ metrics: metrics.slice(0, 1) })).toBeNull()
  })
})

describe('medianStepSeconds', () => {
  const lasting = (...totals: number[]) => ({
    metrics: [],
    seconds: totals.map((total, step) => secondsOf(step, total)),
  })
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

it('secondsByStage sums the times of the steps', () => {
  expect(secondsByStage(after(0.5, 0.5))).toEqual({ sample: 2, score: 0.5, update: 1, operators: 0.5, total: 4 })
  expect(secondsByStage(emptyHistory).total).toBe(0)
})

it('skippedSteps counts the steps that did not update the weights', () => {
  expect(skippedSteps(addStep(after(0.5, 0.5), loggedStep(2, 0.5, skipped(2))))).toBe(1)
})
