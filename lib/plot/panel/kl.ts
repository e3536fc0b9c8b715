import type { Measure } from '../curve.js'
import { hasNumbers, smoothedOverRaw } from './layers.js'
import type { Panel } from './panel.js'

/** Rounding error of float32 sums when the policy has not changed. @units nats per token */
const ROUNDING = 1e-6

const axis = { title: 'KL (nats/token)' }

const toReference: Measure = ({ klToReference }) => klToReference
/** KL of the update. It is 0 for one optimiser step per batch, because it is measured before the step. */
const ofUpdate: Measure = ({ kl }) => kl
const ofUpdateMoved: Measure = ({ kl = null }) => (kl === null || Math.abs(kl) < ROUNDING ? null : kl)

/** Panel of the KL divergence to the reference policy (Fig. 4c); without a reference, to the weights before the update. */
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
