import { describe, expect, test } from 'vitest'
import { firstChoice, stepRangeOf } from '#dashboard/view/choice.js'
import { createEntropyData } from '#dashboard/view/entropy-data.js'
import { createPlanColumns } from '#dashboard/view/plan-columns.js'
import { emptyView, reduceView, type RunView } from '#dashboard/view/view.js'
import { stepNumber, stepOfNumber } from '#lib/report/step-number.js'
import { bandAt, metricsLine, runInfo, upTo } from '../lines.js'

const runAfter = (steps: number, planned = 60): RunView =>
  [
    { event: 'runs' as const, runs: [runInfo({ planned })] },
    { event: 'log' as const, run: 0, log: 'metrics' as const, lines: upTo(steps, (step) => metricsLine(step)) },
  ].reduce(reduceView, emptyView).runs[0]!

test('the first step has the number 1', () => {
  expect([0, 1, 59].map(stepNumber)).toEqual([1, 2, 60])
  expect([1, 2, 60].map(stepOfNumber)).toEqual([0, 1, 59])
})

describe('the axis', () => {
  test.each([
    ['whole run', 40, 60, [1, 60]],
    ['whole run', 60, 60, [1, 60]],
    ['so far', 40, 60, [1, 40]],
    ['last 100', 250, 400, [151, 250]],
    ['last 100', 40, 60, [1, 40]],
    ['whole run', 0, 0, [1, 2]],
  ] as const)('of %s after %i of %i steps is %j', (span, done, planned, range) => {
    expect(stepRangeOf(span, done, planned)).toEqual(range)
  })
})

describe('the band to come', () => {
  test('is in the rows of its numbers, and ends at the last step', () => {
    const [low] = createPlanColumns()(runAfter(40), null)
    expect(low).toHaveLength(61)
    expect([low[39], low[40], low[41], low[60]]).toEqual([null, bandAt(39).low, bandAt(40).low, bandAt(59).low])
  })

  test('is the same when steps finish one by one, and is gone after the last', () => {
    const follow = createPlanColumns()
    for (let done = 0; done <= 60; done++)
      expect(follow(runAfter(done), null)).toEqual(createPlanColumns()(runAfter(done), null))
    expect(follow(runAfter(60), null)[0].every((low) => low === null)).toBe(true)
  })
})

test('the error of the entropy is around it in the chart, and only if it is not exact', () => {
  const error = { scoreMethod: 'sampled' as const, entropyError: 0.125 }
  const lines = [metricsLine(0, { entropy: 0.5 }), metricsLine(1, { ...error, entropy: 0.5 })]
  const view = [
    { event: 'runs' as const, runs: [runInfo({ planned: 60 })] },
    { event: 'log' as const, run: 0, log: 'metrics' as const, lines },
  ].reduce(reduceView, emptyView).runs[0]!
  const { columns } = createEntropyData(1)([view], firstChoice, null)
  expect(columns.slice(4).map((column) => [column[1], column[2]])).toEqual([
    [0.5, 0.5],
    [null, 0.375],
    [null, 0.625],
  ])
})

test('the entropy of the last step is in the row of its number, beside its band', () => {
  const { steps, columns } = createEntropyData(1)([runAfter(60)], firstChoice, null)
  expect(steps.at(-1)).toBe(60)
  expect([columns[0]![60], columns[4]![60], columns[4]![0]]).toEqual([
    metricsLine(59).low,
    metricsLine(59).entropy,
    null,
  ])
})
