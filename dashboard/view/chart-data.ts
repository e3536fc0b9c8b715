import type { Curve } from './figures.js'
import { formatShort } from './number-format.js'

/** Numbers of all curves, by step; what is beyond the end of a column is missing. */
export interface ChartData {
  readonly steps: readonly number[]
  readonly columns: readonly (readonly (number | null)[])[]
  /** What looks the same has the same; left out where that is not known. */
  readonly key?: string
}

/** The last number of a column; null where there is none. */
export const lastNumber = (column: readonly (number | null)[]): number | null =>
  column.findLast((value) => value !== null) ?? null

/** The curves that are told of in words and figures: thin and unseen ones are not. */
export const namedCurves = (curves: readonly Curve[]): readonly number[] =>
  curves.flatMap(({ kind }, i) => (kind === 'thin' || kind === 'unseen' ? [] : [i]))

/** What is told of a curve: of a stacked one its own share. */
export const ownValue = (
  curves: readonly Curve[],
  i: number,
  numberOf: (i: number) => number | null,
): number | null => {
  const value = numberOf(i)
  if (value === null || curves[i]!.kind !== 'area') return value
  return value - (i === 0 ? 0 : (numberOf(i - 1) ?? 0))
}

/** A chart in words, for those who do not see it. */
export const describeChart = (title: string, curves: readonly Curve[], { columns }: ChartData): string => {
  const told = namedCurves(curves)
  const step = Math.max(...told.map((i) => columns[i]!.findLastIndex((value) => value !== null)))
  const values = told.flatMap((i) => {
    const value = ownValue(curves, i, (j) => lastNumber(columns[j]!))
    return value === null ? [] : [`${curves[i]!.label} ${formatShort(value)}`]
  })
  return step < 0 ? `${title}: no numbers yet` : `${title} at step ${step}: ${values.join(', ')}`
}

/** Stacked areas from the highest down, since each covers what is below it; then lines. */
export const orderForDrawing = (curves: readonly Curve[]): readonly number[] => {
  const all = curves.map((_, i) => i)
  const areas = all.filter((i) => curves[i]!.kind === 'area')
  return [...areas.reverse(), ...all.filter((i) => curves[i]!.kind !== 'area')]
}
