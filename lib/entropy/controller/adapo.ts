import { checked, nonNegative, positive } from '../../option.js'
import type { Controller } from '../controller.js'

/** Options of {@link adapo}. We know no published source for the step and the limits: the defaults are ours. */
export interface AdapoOptions {
  /** Upper clip before the first batch. */
  readonly start?: number
  /** Change of the upper clip per batch. */
  readonly step?: number
  /** Smallest upper clip. */
  readonly least?: number
  /** Largest upper clip. */
  readonly most?: number
}

type AdapoMemory = { readonly clipHigh: number; readonly target: number }

/**
 * Controller AdaPO: widens the upper clip while entropy is below its first value, and narrows it while entropy is above.
 *
 *     target = H of the first batch        clipHigh' = clip( clipHigh + step sign(target - H), least, most )
 *
 * It sets the scalar `clipHigh` of the objective, as Clip-Higher does with a constant.
 *
 * @units  H in nats per token; clipHigh without unit
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), controller: adapo({ step: 0.02 }) })
 */
export const adapo = (options: AdapoOptions = {}): Controller<AdapoMemory> => {
  const {
    start = 0.28,
    step = 0.01,
    least = 0.2,
    most = 0.5,
  } = checked(options, { start: positive, step: nonNegative, least: positive, most: positive })
  return {
    name: 'adapo',
    rewards: 'any',
    // NaN means that no batch was measured yet.
    initial: { clipHigh: start, target: Number.NaN },
    control: ({ entropy }, _, before) => {
      const target = Number.isNaN(before.target) ? entropy : before.target
      const moved = before.clipHigh + step * Math.sign(target - entropy)
      const clipHigh = Number.isNaN(before.target) ? before.clipHigh : Math.min(most, Math.max(least, moved))
      return { memory: { clipHigh, target }, scalars: { clipHigh } }
    },
  }
}
