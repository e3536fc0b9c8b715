import { checked, nonNegative, oneOf } from '../../option.js'
import type { MeasuredBatch } from '../../rollout/batch.js'
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

type EntropicState = { readonly alpha: number; readonly memory: number }

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
export const entropic = (options: EntropicOptions = {}): Controller<EntropicState> => {
  const {
    target = 0.5,
    form = 'paper',
    kp = 1,
    ki = 0.01,
  } = checked(options, { target: nonNegative, form: oneOf(['paper', 'released']), kp: nonNegative, ki: nonNegative })
  return {
    name: 'entropic',
    rewards: 'signed',
    initial: { alpha: 0, memory: 0 },
    next: ({ memory }, { entropy }) => {
      const error = entropy - target
      if (form === 'released') {
        const alpha = memory + error
        return { alpha, memory: alpha - 0.99 * error }
      }
      const sum = memory + error
      return { alpha: Math.min(1, Math.max(-1, kp * error + ki * sum)), memory: sum }
    },
    control: ({ alpha }, { advantages_B }: MeasuredBatch) => ({
      advantages_B: advantages_B.map((advantage) => advantage * (advantage > 0 ? 1 + alpha : 1 - alpha)),
    }),
  }
}
