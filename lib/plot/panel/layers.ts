import { type Curve, type Measure, type Point, points, type Sample, samples, smoothSamples } from '../curve.js'
import type { PlottedRun } from '../plotted-run.js'
import { isMeasured } from '../statistics.js'
import type { Layer } from './panel.js'

/** Vertical axis of a panel: its title with the unit, and a scale if it is not linear. */
export interface Vertical {
  readonly title: string
  readonly scale?: { readonly type: 'symlog'; readonly constant: number }
  readonly ticks?: readonly number[]
}

/** Vega expression of axis labels: plain numbers, but scientific notation for very small ones. */
const labelExpr =
  "datum.value == 0 ? '0' : abs(datum.value) < 0.001 ? replace(format(datum.value, '.1~e'), '-', '−') : datum.label"

/** Returns a horizontal axis. */
export const horizontal = (title: string, tickMinStep?: number) =>
  ({
    type: 'quantitative',
    title,
    axis: { labelExpr, ...(tickMinStep === undefined ? {} : { tickMinStep }) },
  }) as const

/** Returns the vertical encoding of a field. */
export const vertical = (field: string, { title, scale, ticks }: Vertical) =>
  ({
    field,
    type: 'quantitative',
    title,
    scale: { zero: false, ...scale },
    axis: { labelExpr, ...(ticks === undefined ? {} : { values: [...ticks], format: '~g' }) },
  }) as const

type ValuesOf = (run: PlottedRun) => readonly Sample[]

const allPoints = (curves: readonly Curve[], valuesOf: ValuesOf): readonly Point[] =>
  curves.flatMap((curve) => points(curve, valuesOf))

/** Line of the mean of each curve. */
export const line = (
  curves: readonly Curve[],
  valuesOf: ValuesOf,
  axis: Vertical,
  style: { readonly strokeWidth: number; readonly opacity?: number; readonly strokeDash?: [number, number] },
): Layer => ({
  data: { values: [...allPoints(curves, valuesOf)] },
  mark: { type: 'line', clip: true, ...style },
  encoding: { y: vertical('value', axis) },
})

/** Shaded area of one standard error on either side of the mean, for curves of several runs. */
export const errorBand = (curves: readonly Curve[], valuesOf: ValuesOf, axis: Vertical): readonly Layer[] => {
  const several = curves.filter(({ runs }) => runs.length > 1)
  if (several.length === 0) return []
  return [
    {
      data: { values: several.flatMap((curve) => points(curve, valuesOf).filter(({ low }) => low !== null)) },
      mark: { type: 'area', opacity: 0.2, strokeWidth: 0, clip: true },
      encoding: { y: vertical('low', axis), y2: { field: 'high' } },
    },
  ]
}

/** Width of a thick line. @units points */
export const THICK = 1.4
/** Width of a thin line. @units points */
export const THIN = 0.6

/** Smoothed lines, thick, over every step of single runs, thin and pale; for several runs the mean and its standard error. */
export const smoothedOverRaw = (curves: readonly Curve[], measure: Measure, axis: Vertical): readonly Layer[] => {
  const single = curves.filter(({ runs }) => runs.length === 1)
  return [
    ...(single.length === 0
      ? []
      : [line(single, samples(measure), axis, { strokeWidth: THIN, opacity: 0.3, strokeDash: [1, 0] })]),
    ...errorBand(curves, smoothSamples(measure), axis),
    line(curves, smoothSamples(measure), axis, { strokeWidth: THICK }),
  ]
}

/** Dots at the measured values. */
export const dots = (values: readonly Point[], axis: Vertical, size = 5): Layer => ({
  data: { values: values.filter(({ value }) => value !== null) },
  mark: { type: 'point', filled: true, size, opacity: 0.6, clip: true },
  encoding: { y: vertical('value', axis) },
})

/** Returns whether any step of any run has the number. */
export const hasNumbers = (curves: readonly Curve[], measure: Measure): boolean =>
  curves.some(({ runs }) => runs.some(({ steps }) => steps.some((step) => isMeasured(measure(step)))))
