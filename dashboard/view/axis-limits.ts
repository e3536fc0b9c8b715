import type { Curve } from './figure.js'

/** Lowest and highest number. */
export type Range = readonly [low: number, high: number]

type Column = readonly (number | null)[]

/** With fewer numbers than this, none counts as an outlier. */
const MIN_NUMBERS = 12

/** Share of the numbers that can be outliers at each end, and the least count of them. */
const SHARE = 0.02
const MIN_OUTLIERS = 2

/**
 * Returns the range of numbers without outliers; null without numbers. An outlier is one of the lowest or highest 2% (at least
 * two) that is further from the rest than the rest is wide, so that it would squeeze the rest into half of the axis. `meanOf`
 * is the number of steps whose mean each number is.
 */
export const rangeWithoutOutliers = (numbers: readonly number[], meanOf = 1): Range | null => {
  const sorted = Float64Array.from(numbers).sort()
  const count = sorted.length
  if (count === 0) return null
  const [lowest, highest] = [sorted[0]!, sorted[count - 1]!]
  const suspects = Math.min(meanOf * Math.max(MIN_OUTLIERS, Math.ceil(SHARE * count)), Math.floor(count / 4))
  const [low, high] = [sorted[suspects]!, sorted[count - 1 - suspects]!]
  if (count < MIN_NUMBERS || low === high) return [lowest, highest]
  const width = high - low
  return [sorted.find((number) => number >= low - width)!, sorted.findLast((number) => number <= high + width)!]
}

/** Returns the range of a curve that its axis shows, among the rows of `steps`; null without numbers. */
export const rangeOfCurve = (curve: Curve, column: Column, [first, last]: Range): Range | null => {
  const numbers = column.slice(first, last + 1).filter((number) => number !== null)
  if (canHaveOutliers(curve)) return rangeWithoutOutliers(numbers, curve.meanOf)
  return numbers.reduce<Range | null>(
    (range, number) => (range === null ? [number, number] : [Math.min(range[0], number), Math.max(range[1], number)]),
    null,
  )
}

/** Returns the range of several ranges; null without any. */
export const unionOf = (ranges: readonly (Range | null)[]): Range | null => {
  const present = ranges.filter((range) => range !== null)
  return present.length === 0
    ? null
    : [Math.min(...present.map(([low]) => low)), Math.max(...present.map(([, high]) => high))]
}

/** A number outside the range of an axis. */
export interface OffScale {
  readonly step: number
  readonly number: number
}

/** Returns the numbers of a curve above or below an axis, among the rows of `steps`. */
export const offScaleOf = (column: Column, [first, last]: Range, [low, high]: Range): readonly OffScale[] => {
  const found: OffScale[] = []
  for (let step = Math.max(0, first); step <= Math.min(last, column.length - 1); step++) {
    const number = column[step] ?? null
    if (number !== null && (number < low || number > high)) found.push({ step, number })
  }
  return found
}

/** Returns whether outliers of a curve may lie outside the axis. The sums of areas and the ends of intervals may not. */
export const canHaveOutliers = ({ kind, keepsInView = false }: Curve): boolean =>
  !keepsInView && (kind === 'line' || kind === 'thin')
