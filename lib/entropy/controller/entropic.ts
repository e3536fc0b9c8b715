import { checked, nonNegative, oneOf } from '../../option.js'
import type { Controller } from '../controller.js'

/** Options of {@link entropic}. */
export interface EntropicOptions {
  /** Target of the entropy. @units nats per token */
  readonly target?: number
  /** `paper` takes the formula of the paper, `released` that of the code which the authors of Entrocraft released. */
  readonly form?: 'paper' | 'released'
  /** Proportional gain of the form `paper`. @units 1 / nats */
  readonly kp?: number
  /** Integral gain of the form `paper`. @units 1 / nats */
  readonly ki?: number
}

type EntropicMemory = { readonly alpha: number; readonly carry: number }

/**
 * Controller EntroPIC: proportional-integral control of the weight of positive against negative advantages, by the
 * distance of the entropy from its target.
 *
 *     e = H - target          A' = A (1 + alpha) where A > 0, A (1 - alpha) where A < 0
 *
 *     paper       alpha = clip( kp e + ki sum e, -1, 1 )
 *     released    alpha = carry + e,  carry' = alpha - 0.99 e
 *
 * @shape  advantages_B [B]  ->  [B]
 * @units  H, e in nats per token; alpha without unit
 * @source EntroPIC, arXiv:2511.15248; lblaoke/entrocraft
 * @example
 * trainingPipeline({ estimator: reinforce(), objective: ppoClip(), controller: entropic({ target: 0.4 }) })
 */
export const entropic = (options: EntropicOptions = {}): Controller<EntropicMemory> => {
  const {
    target = 0.5,
    form = 'paper',
    kp = 1,
    ki = 0.01,
  } = checked(options, { target: nonNegative, form: oneOf(['paper', 'released']), kp: nonNegative, ki: nonNegative })
  const moved = (carry: number, error: number): EntropicMemory => {
    if (form === 'released') return { alpha: carry + error, carry: carry + error - 0.99 * error }
    const sum = carry + error
    return { alpha: Math.min(1, Math.max(-1, kp * error + ki * sum)), carry: sum }
  }
  return {
    name: 'entropic',
    rewards: 'signed',
    initial: { alpha: 0, carry: 0 },
    control: ({ entropy }, { advantages_B }, before) => {
      const memory = moved(before.carry, entropy - target)
      const { alpha } = memory
      return {
        memory,
        advantages_B: advantages_B.map((advantage) => advantage * (advantage > 0 ? 1 + alpha : 1 - alpha)),
      }
    },
  }
}
