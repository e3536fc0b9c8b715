import { type Range, rangeOfCurve, unionOf } from './axis-limits.js'
import { type ChartData, orderForDrawing } from './chart-data.js'
import type { Curve } from './figure.js'
import { trendOf, trendWidth } from './trend.js'

/**
 * One drawn layer of a chart. In a long run a line has two: every step, pale, and its trend over it. The noise of thousands of
 * steps would otherwise hide everything behind it.
 */
export interface ChartLayer {
  /** Index of the curve. */
  readonly curve: number
  readonly part: 'whole' | 'pale' | 'trend'
}

/** Returns the layers of a chart in the order of drawing. Pale layers are behind everything but areas, also behind a band. */
export const layersOf = (curves: readonly Curve[]): readonly ChartLayer[] => {
  const order = orderForDrawing(curves)
  const isArea = (curve: number) => curves[curve]!.kind === 'area'
  const pale = order.filter((curve) => hasTrend(curves[curve]!))
  const layerOf = (curve: number): ChartLayer => ({ curve, part: hasTrend(curves[curve]!) ? 'trend' : 'whole' })
  return [
    ...order.filter(isArea).map(layerOf),
    ...pale.map((curve): ChartLayer => ({ curve, part: 'pale' })),
    ...order.filter((curve) => !isArea(curve)).map(layerOf),
  ]
}

/** Returns whether a long run shows the trend of a curve. */
export const hasTrend = ({ kind, keepsInView = false }: Curve): boolean => kind === 'line' && !keepsInView

/**
 * Returns the column of each layer for the shown steps. A short run has no pale layer, and its trend is the curve itself. A
 * curve of means has no pale layer either, because its steps are a thin curve of the same chart.
 */
export const layerColumns = (
  curves: readonly Curve[],
  layers: readonly ChartLayer[],
  { columns }: ChartData,
  steps: Range,
): readonly ChartData['columns'][number][] => {
  const width = trendWidth(steps[1] - steps[0] + 1)
  return layers.map(({ curve, part }) => {
    const column = columns[curve]!
    if (part === 'whole' || (part === 'trend' && width === 1)) return column
    if (part === 'trend') return trendOf(column, width, rangeOfCurve(curves[curve]!, column, steps) ?? [0, 0])
    return width === 1 || curves[curve]!.meanOf !== undefined ? [] : column
  })
}

/** Ranges of the numbers that the axes of a chart show; null for an axis without numbers. */
export interface AxisRanges {
  readonly left: Range | null
  readonly right: Range | null
}

/** Returns the ranges of the axes for the shown steps, without outliers. */
export const axisRangesOf = (curves: readonly Curve[], { columns }: ChartData, steps: Range): AxisRanges => {
  const rangeOf = (isRight: boolean) =>
    unionOf(
      curves.map((curve, i) => ((curve.right ?? false) === isRight ? rangeOfCurve(curve, columns[i]!, steps) : null)),
    )
  return { left: rangeOf(false), right: rangeOf(true) }
}
