import { type Curve, type Point, points, samples } from '../curve.js'
import type { Measured } from '../statistics.js'
import { hasNumbers, smoothedOverRaw, vertical } from './layers.js'
import type { Layer, Panel } from './panel.js'

const axis = { title: 'entropy (nats/token)' }

/** Entropy against its band (Fig. 4b and 5a); a fine rule where a hand moved the band. */
export const entropyPanel: Panel = (curves) => {
  if (!hasNumbers(curves, ({ entropy }) => entropy)) return null
  const steered = steering(curves)
  return {
    title: 'Policy entropy',
    notes: ['thick: mean of 9 steps, shaded: band', ...(steered.length === 0 ? [] : ['vertical: band moved by hand'])],
    layer: [...bands(curves), ...steered, ...smoothedOverRaw(curves, ({ entropy }) => entropy, axis)],
  }
}

/** A band that all share is grey; else each has the colour of its curve. */
const bands = (curves: readonly Curve[]): readonly Layer[] => {
  const each = curves.flatMap((curve) => {
    const [lows, highs] = [points(curve, low), points(curve, high)]
    return lows.map(({ step, value }, i) => ({ curve: curve.name, step, low: value, high: highs[i]!.value }))
  })
  const encoding = { y: vertical('low', axis), y2: { field: 'high' } }
  const byStep = new Map(each.map((band) => [band.step, band]))
  const shared = each.every((band) => sameBand(band, byStep.get(band.step)!))
  return [
    shared
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

/** But for what a mean over equal bands rounds. */
const sameBand = (a: Band, b: Band): boolean => same(a.low, b.low) && same(a.high, b.high)

const same = (a: Measured, b: Measured): boolean => a === b || (a !== null && b !== null && Math.abs(a - b) < 1e-9)

const steering = (curves: readonly Curve[]): readonly Layer[] => {
  const values = curves.flatMap(({ name, runs }) =>
    runs.flatMap(({ steps }) =>
      steps.filter(({ steered = null }) => steered !== null).map(({ step }) => ({ curve: name, step })),
    ),
  )
  return values.length === 0 ? [] : [{ data: { values }, mark: { type: 'rule', strokeWidth: 0.5, opacity: 0.8 } }]
}
