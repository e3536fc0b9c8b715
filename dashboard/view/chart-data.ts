import type { Curve } from './figure.js'
import { formatShort } from './number-format.js'

/** Numbers of all curves by the number of the step. A column may be shorter than `steps`; the numbers beyond its end are missing. */
export interface ChartData {
  readonly steps: readonly number[]
  readonly columns: readonly (readonly (number | null)[])[]
  /** Equal for data that look the same; left out if this is not known. */
  readonly key?: string
}

/** Returns the last number of a column; null if it has none. */
export const lastNumber = (column: readonly (number | null)[]): number | null =>
  column.findLast((value) => value !== null) ?? null

/** Returns the indices of the curves that legend, description and table name: all but thin and hidden ones. */
export const namedCurves = (curves: readonly Curve[]): readonly number[] =>
  curves.flatMap(({ kind }, i) => (kind === 'thin' || kind === 'hidden' ? [] : [i]))

/** Returns the value of a curve. The value of a stacked area is its share, without the areas below it. */
export const ownValue = (
  curves: readonly Curve[],
  i: number,
  numberOf: (i: number) => number | null,
): number | null => {
  const value = numberOf(i)
  if (value === null || curves[i]!.kind !== 'area') return value
  return value - (i === 0 ? 0 : (numberOf(i - 1) ?? 0))
}

/** Returns the last numbers of a chart as a sentence for screen readers. */
export const describeChart = (title: string, curves: readonly Curve[], { columns }: ChartData): string => {
  const named = namedCurves(curves)
  const step = Math.max(...named.map((i) => columns[i]!.findLastIndex((value) => value !== null)))
  const values = named.flatMap((i) => {
    const value = ownValue(curves, i, (j) => lastNumber(columns[j]!))
    return value === null ? [] : [`${curves[i]!.label} ${formatShort(value)}`]
  })
  if (step < 0) return `${title}: no numbers yet`
  return `${title} ${step === 0 ? 'before the first step' : `at step ${step}`}: ${values.join(', ')}`
}

/** Returns the order of drawing: stacked areas from the highest to the lowest, because each covers those below it; then lines. */
export const orderForDrawing = (curves: readonly Curve[]): readonly number[] => {
  const all = curves.map((_, i) => i)
  const areas = all.filter((i) => curves[i]!.kind === 'area')
  return [...areas.reverse(), ...all.filter((i) => curves[i]!.kind !== 'area')]
}
