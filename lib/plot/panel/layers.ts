import { type Curve, type Measure, type Point, points, type Sample, samples, smoothSamples } from '../curve.js'
import type { PlottedRun } from '../plotted-run.js'
import { isMeasured } from '../statistics.js'
import type { Layer } from './panel.js'

/** The vertical axis of a panel: its title with the unit, and a scale where it is not linear. */
export interface Vertical {
  readonly title: string
  readonly scale?: { readonly type: 'symlog'; readonly constant: number }
  readonly ticks?: readonly number[]
}

/** Numbers as they stand, but for those that are read better another way. */
const labelExpr =
  "datum.value == 0 ? '0' : abs(datum.value) < 0.001 ? replace(format(datum.value, '.1~e'), '-', '−') : datum.label"

export const horizontal = (title: string, tickMinStep?: number) =>
  ({
    type: 'quantitative',
    title,
    axis: { labelExpr, ...(tickMinStep === undefined ? {} : { tickMinStep }) },
  }) as const

export const vertical = (field: string, { title, scale, ticks }: Vertical) =>
  ({
    field,
    type: 'quantitative',
    title,
    scale: { zero: false, ...scale },
    axis: { labelExpr, ...(ticks === undefined ? {} : { values: [...ticks], format: '~g' }) },
  }) as const

type Of = (run: PlottedRun) => readonly Sample[]

const allPoints = (curves: readonly Curve[], of: Of): readonly Point[] => curves.flatMap((curve) => points(curve, of))

export const line = (
  curves: readonly Curve[],
  of: Of,
  axis: Vertical,
  style: { readonly strokeWidth: number; readonly opacity?: number; readonly strokeDash?: [number, number] },
): Layer => ({
  data: { values: [...allPoints(curves, of)] },
  mark: { type: 'line', clip: true, ...style },
  encoding: { y: vertical('value', axis) },
})

/** A standard error on either side of the mean of several runs. */
export const errorBand = (curves: readonly Curve[], of: Of, axis: Vertical): readonly Layer[] => {
  const several = curves.filter(({ runs }) => runs.length > 1)
  if (several.length === 0) return []
  return [
    {
      data: { values: several.flatMap((curve) => points(curve, of).filter(({ low }) => low !== null)) },
      mark: { type: 'area', opacity: 0.2, strokeWidth: 0, clip: true },
      encoding: { y: vertical('low', axis), y2: { field: 'high' } },
    },
  ]
}

export const THICK = 1.4
export const THIN = 0.6

/** Every step of single runs thin and pale, nine steps around it thick; of several, the mean of those and its error. */
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

/** A number each of some steps. */
export const dots = (values: readonly Point[], axis: Vertical, size = 5): Layer => ({
  data: { values: values.filter(({ value }) => value !== null) },
  mark: { type: 'point', filled: true, size, opacity: 0.6, clip: true },
  encoding: { y: vertical('value', axis) },
})

export const hasNumbers = (curves: readonly Curve[], measure: Measure): boolean =>
  curves.some(({ runs }) => runs.some(({ steps }) => steps.some((step) => isMeasured(measure(step)))))
