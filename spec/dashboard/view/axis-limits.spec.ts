import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canHaveOutliers,
  offScaleOf,
  rangeOfCurve,
  rangeWithoutOutliers,
  unionOf,
} from '#dashboard/view/axis-limits.js'
import { axisRangesOf } from '#dashboard/view/chart-layers.js'
import { hintsOf } from '#dashboard/view/chart-hints.js'
import type { Curve } from '#dashboard/view/figure.js'
import { figures } from '#dashboard/view/figures.js'
import { upTo } from '../lines.js'

const wave = (step: number) => Math.sin(step / 3)
const curve = (more: Partial<Curve> = {}): Curve => ({ label: 'kl', colour: 'blue', kind: 'line', ...more })

describe('the range of a curve', () => {
  test.each([
    [12, [5]],
    [60, [57]],
    [10_000, [57]],
    [200, [3, 150]],
  ])('of %i steps leaves out outliers at the steps %j', (count, outliers) => {
    for (const value of [912, -1e6, 1e300]) {
      const numbers = upTo(count, (step) => (outliers.includes(step) ? value : wave(step)))
      const [low, high] = rangeWithoutOutliers(numbers)!
      expect(low).toBeGreaterThanOrEqual(-1)
      expect(high).toBeLessThanOrEqual(1)
    }
  })

  test('of means leaves out all means that an outlier is in', () => {
    const column = upTo(100, (step) => (step >= 50 && step < 59 ? 101 : wave(step)))
    expect(rangeOfCurve(curve({ meanOf: 9 }), column, [0, 99])![1]).toBeLessThanOrEqual(1)
  })

  test('keeps a level that the curve stays on, a jump, a trend, and heavy noise', () => {
    const whole = (numbers: readonly number[]) =>
      expect(rangeWithoutOutliers(numbers)).toEqual([Math.min(...numbers), Math.max(...numbers)])
    whole(upTo(100, (step) => (step < 90 ? 0.1 : 5)))
    whole(upTo(100, (step) => (step < 10 ? 9 : wave(step))))
    whole(upTo(1000, (step) => step ** 2))
    whole(upTo(2000, (step) => 3 * wave(step) + wave(7 * step)))
    whole(upTo(50, () => 4))
  })

  test('keeps everything of a few numbers', () => {
    expect(rangeWithoutOutliers([1, 2, 1, 2, 900])).toEqual([1, 900])
    expect(rangeWithoutOutliers([])).toBeNull()
  })

  test('never leaves out more than a twentieth of the numbers or two at each end, and never the middle', () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 200 }), (numbers) => {
        const [low, high] = rangeWithoutOutliers(numbers)!
        const below = numbers.filter((each) => each < low).length
        const above = numbers.filter((each) => each > high).length
        const most = Math.max(2, 0.05 * numbers.length)
        expect(below).toBeLessThanOrEqual(most)
        expect(above).toBeLessThanOrEqual(most)
        const middle = numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
        expect(middle >= low && middle <= high).toBe(true)
      }),
    )
  })

  test('keeps the sums of areas, the ends of intervals and the band, however far they are', () => {
    const column = upTo(60, (step) => (step === 30 ? 900 : wave(step)))
    for (const other of [curve({ kind: 'area' }), curve({ kind: 'hidden' }), curve({ keepsInView: true })]) {
      expect(canHaveOutliers(other)).toBe(false)
      expect(rangeOfCurve(other, column, [0, 59])![1]).toBe(900)
    }
  })

  test('is that of the shown steps alone', () => {
    const column = upTo(60, (step) => (step < 30 ? 900 : wave(step)))
    expect(rangeOfCurve(curve(), column, [30, 59])![1]).toBeLessThanOrEqual(1)
    expect(rangeOfCurve(curve(), [null, null], [0, 59])).toBeNull()
  })
})

test('one outlier flattens no small chart', () => {
  for (const { title, curves } of figures.filter((figure) => figure.ticks === undefined)) {
    const lines = curves.filter(canHaveOutliers)
    for (const spoilt of lines) {
      const columns = curves.map((each) => {
        const height = each === spoilt ? 1e6 : wave(40)
        const reach = each.meanOf ?? 1
        return upTo(80, (step) => (step >= 40 && step < 40 + reach ? height : wave(step)))
      })
      const ranges = axisRangesOf(curves, { steps: upTo(80, (step) => step), columns }, [0, 79])
      expect(unionOf([ranges.left, ranges.right])![1], `${title}: ${spoilt.label}`).toBeLessThan(2)
    }
  }
})

test('the numbers beyond an axis are found with their steps, and the farthest is told', () => {
  expect(offScaleOf([null, 5, 0.5, -3, 0.2], [1, 60], [0, 1])).toEqual([
    { step: 1, number: 5 },
    { step: 3, number: -3 },
  ])
  expect(hintsOf(1, [])).toBe('')
  const far = { step: 57, number: 912, label: 'of the update', distance: 911 }
  expect(hintsOf(101, [{ step: 3, number: 2, label: 'other', distance: 1 }, far])).toBe(
    'Long run: thick lines are means of 101 steps. ▲▼ at the edge: beyond the axis. The farthest is of the update 912 at step 57.',
  )
})
