import type { Measure } from '../curve.js'
import { hasNumbers, smoothedOverRaw } from './layers.js'
import type { Panel } from './panel.js'

/** What float32 adds up to when nothing has moved. @units nats per token */
const ROUNDING = 1e-6

const axis = { title: 'KL (nats/token)' }

const toReference: Measure = ({ klToReference }) => klToReference
/** Strictly on-policy with one update a batch, the policy has not moved when it is measured. */
const ofUpdate: Measure = ({ kl }) => kl
const ofUpdateMoved: Measure = ({ kl = null }) => (kl === null || Math.abs(kl) < ROUNDING ? null : kl)

/** How far the policy is from its reference (Fig. 4c); of runs without one, from the weights before the update. */
export const klPanel: Panel = (curves) => {
  if (hasNumbers(curves, toReference))
    return {
      title: 'KL to the reference',
      notes: ['thick: mean of 9 steps'],
      layer: smoothedOverRaw(curves, toReference, axis),
    }
  if (!hasNumbers(curves, ofUpdateMoved)) return null
  return {
    title: 'KL of the update',
    notes: ['thick: mean of 9 steps'],
    layer: smoothedOverRaw(curves, ofUpdate, axis),
  }
}
