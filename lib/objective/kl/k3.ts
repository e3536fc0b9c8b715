import { exp, scalar, sub } from '../../compute/operation/index.js'
import { clamp } from '../ratio.js'
import type { KlForm } from './kl-form.js'

/** Bounds of d and of the result, as in verl. */
const [D, KL] = [20, 10]

/** exp(d) - d - 1: never negative, and of low variance. d is held in [-20, 20], the result in [-10, 10]. */
export const k3: KlForm = {
  nodes: (d_BT) => {
    const d = clamp(d_BT, scalar(-D), scalar(D))
    return clamp(sub(sub(exp(d), d), scalar(1)), scalar(-KL), scalar(KL))
  },
  value: (d) => {
    const held = Math.min(D, Math.max(-D, d))
    return Math.min(KL, Math.expm1(held) - held)
  },
}
