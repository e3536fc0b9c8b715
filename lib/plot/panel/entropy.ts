import { stepNumber } from '../../report/step-number.js'
import { type Curve, type Point, points, samples } from '../curve.js'
import type { Measured } from '../statistics.js'
import { hasNumbers, smoothedOverRaw, vertical } from './layers.js'
import type { Layer, Panel } from './panel.js'

const axis = { title: 'entropy (nats/token)' }

/** Panel of the entropy and its band (Fig. 4b and 5a), with a vertical line at each band override. */
export const entropyPanel: Panel = (curves) => {
  if (!hasNumbers(curves, ({ entropy }) => entropy)) return null
  const overrides = overrideLayers(curves)
  const errors = errorLayers(curves)
  return {
    title: 'Policy entropy',
    notes: [
      'thick: mean of 9 steps, shaded: band',
      ...(overrides.length === 0 ? [] : ['vertical: band override']),
      ...(errors.length === 0 ? [] : ['around a line: error of entropy that is not exact']),
    ],
    layer: [...bands(curves), ...overrides, ...errors, ...smoothedOverRaw(curves, ({ entropy }) => entropy, axis)],
  }
}

/** Bands: grey if all curves have the same band, otherwise in the colour of each curve. */
const bands = (curves: readonly Curve[]): readonly Layer[] => {
  const each = curves.flatMap((curve) => {
    const [lows, highs] = [points(curve, low), points(curve, high)]
    return lows.map(({ step, value }, i) => ({ curve: curve.name, step, low: value, high: highs[i]!.value }))
  })
  const encoding = { y: vertical('low', axis), y2: { field: 'high' } }
  const byStep = new Map(each.map((band) => [band.step, band]))
  const isShared = each.every((band) => isSameBand(band, byStep.get(band.step)!))
  return [
    isShared
      ? {
          data: { values: [...byStep.values()].toSorted((a, b) => a.step - b.step) },
          mark: { type: 'area', strokeWidth: 0, opacity: 0.11 },
          encoding: { ...encoding, color: { value: 'black' } },
        }
      : { data: { values: each }, mark: { type: 'area', strokeWidth: 0, opacity: 0.16 }, encoding },
  ]
}

const low = samples((step) => step.low)
const high = samples((step) => step.high)

type Band = Pick<Point, 'low' | 'high'>

/** Returns whether two bands are equal, apart from rounding in a mean over equal bands. */
const isSameBand = (a: Band, b: Band): boolean => isClose(a.low, b.low) && isClose(a.high, b.high)

const isClose = (a: Measured, b: Measured): boolean => a === b || (a !== null && b !== null && Math.abs(a - b) < 1e-9)

/** Error of each entropy that is not exact, for curves of a single run. */
const errorLayers = (curves: readonly Curve[]): readonly Layer[] => {
  const values = curves
    .filter(({ runs }) => runs.length === 1)
    .flatMap(({ name, runs }) =>
      runs[0]!.steps.flatMap(({ step, entropy, entropyError = null }) =>
        entropy === null || entropyError === null || entropyError === 0
          ? []
          : [{ curve: name, step: stepNumber(step), low: entropy - entropyError, high: entropy + entropyError }],
      ),
    )
  return values.length === 0
    ? []
    : [
        {
          data: { values },
          mark: { type: 'area', opacity: 0.25, strokeWidth: 0, clip: true },
          encoding: { y: vertical('low', axis), y2: { field: 'high' } },
        },
      ]
}

const overrideLayers = (curves: readonly Curve[]): readonly Layer[] => {
  const values = curves.flatMap(({ name, runs }) =>
    runs.flatMap(({ steps }) =>
      steps
        .filter(({ steered = null }) => steered !== null)
        .map(({ step }) => ({ curve: name, step: stepNumber(step) })),
    ),
  )
  return values.length === 0 ? [] : [{ data: { values }, mark: { type: 'rule', strokeWidth: 0.5, opacity: 0.8 } }]
}
