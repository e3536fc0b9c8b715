import { type Curve, points, samples } from '../curve.js'
import { errorBand, hasNumbers, line, vertical } from './layers.js'
import type { Layer, Panel } from './panel.js'

const axis = { title: 'entropy (nats/token)' }

/** Entropy against its band (Fig. 4b and 5a); a fine rule where a hand moved the band. */
export const entropyPanel: Panel = (curves) => {
  if (!hasNumbers(curves, ({ entropy }) => entropy)) return null
  const steered = steering(curves)
  const of = samples(({ entropy }) => entropy)
  return {
    title: 'Policy entropy',
    notes: ['shaded: band', ...(steered.length === 0 ? [] : ['vertical: band moved by hand'])],
    layer: [...bands(curves), ...steered, ...errorBand(curves, of, axis), line(curves, of, axis, { strokeWidth: 1 })],
  }
}

/** A band that all share is grey; else each has the colour of its curve. */
const bands = (curves: readonly Curve[]): readonly Layer[] => {
  const each = curves.map((curve) => {
    const highs = points(
      curve,
      samples(({ high }) => high),
    )
    return points(
      curve,
      samples(({ low }) => low),
    ).map(({ step, value }, i) => ({ curve: curve.name, step, low: value, high: highs[i]!.value }))
  })
  const shared = new Set(each.map((band) => JSON.stringify(band.map(({ step, low, high }) => [step, low, high]))))
  const encoding = { y: vertical('low', axis), y2: { field: 'high' } }
  return shared.size === 1
    ? [
        {
          data: { values: each[0]! },
          mark: { type: 'area', opacity: 1, strokeWidth: 0 },
          encoding: { ...encoding, color: { value: '#e3e3e3' } },
        },
      ]
    : [{ data: { values: each.flat() }, mark: { type: 'area', opacity: 0.16, strokeWidth: 0 }, encoding }]
}

const steering = (curves: readonly Curve[]): readonly Layer[] => {
  const values = curves.flatMap(({ name, runs }) =>
    runs.flatMap(({ steps }) =>
      steps.filter(({ steered = null }) => steered !== null).map(({ step }) => ({ curve: name, step })),
    ),
  )
  return values.length === 0 ? [] : [{ data: { values }, mark: { type: 'rule', strokeWidth: 0.5, opacity: 0.8 } }]
}
