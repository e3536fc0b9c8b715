import type { MeasuredBatch } from '../../rollout/batch.js'
import type { Controller } from '../controller.js'

/** Options of {@link entropic}. */
export interface EntropicOptions {
  /** @units nats per token */
  readonly target?: number
  /** As the paper has it, or as the authors' of Entrocraft released it. */
  readonly form?: 'paper' | 'released'
  /** Gains of the paper's form. @units 1 / nats */
  readonly kp?: number
  readonly ki?: number
}

type EntropicState = { readonly alpha: number; readonly memory: number }

/**
 * EntroPIC: a proportional-integral controller that weighs right against wrong answers by how far entropy is from its
 * target.
 *
 *     e = H - target          A' = A (1 + alpha) where A > 0, A (1 - alpha) where A < 0
 *
 *     paper       alpha = clip( kp e + ki sum e, -1, 1 )
 *     released    alpha = carry + e,  carry' = alpha - 0.99 e
 *
 * @source EntroPIC, arXiv:2511.15248; lblaoke/entrocraft
 */
export const entropic = ({
  target = 0.5,
  form = 'paper',
  kp = 1,
  ki = 0.01,
}: EntropicOptions = {}): Controller<EntropicState> => ({
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
})
