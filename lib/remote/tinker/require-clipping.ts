import { ServerError } from '../http/server-error.js'
import { type ProbeModel, PROBED } from './probe-model.js'

/** Largest norm of the gradient in the measurement. A step that is clipped to it changes nothing. */
const TINY = 1e-12

/** Largest share of the change of a step that a clipped step makes. */
const STILL = 0.1

/**
 * Checks that a service clips gradients. A service that does not know the field `grad_clip_norm` may ignore it without a word, so a
 * step that is clipped to almost nothing is compared with one that is not clipped.
 *
 * @errors rejects with ServerError `unfit` for a service that does not clip
 */
export const requireClipping = async ({ datum, changesBy }: ProbeModel, name: string): Promise<void> => {
  const data = [datum({ weights: new Array<number>(PROBED).fill(1) })]
  const clipped = await changesBy(data, { clip: TINY })
  const plain = await changesBy(data)
  if (Math.hypot(...clipped) <= STILL * Math.hypot(...plain)) return
  throw new ServerError(
    'unfit',
    `${name}: gradient clipping`,
    'optimiser steps that are not clipped (adam_params.grad_clip_norm)',
    'a service that clips gradients; or turn the clipping off: no `adamw.maxNorm` (--gradient-clip none)',
  )
}
