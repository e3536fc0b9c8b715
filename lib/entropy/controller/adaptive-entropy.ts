import { checked, nonNegative } from '../../option.js'
import type { Controller } from '../controller.js'

/** Options of {@link adaptiveEntropy}. */
export interface AdaptiveEntropyOptions {
  /** Target of the entropy. @units nats per token */
  readonly target?: number
  /** Change of the coefficient per batch. */
  readonly step?: number
  /** Largest coefficient. */
  readonly most?: number
}

type AdaptiveEntropyMemory = { readonly coefficient: number; readonly applied: number }

/**
 * Controller of the entropy bonus: raises its coefficient while entropy is below the target, and lowers it while entropy
 * is above. The bonus applies only while entropy is at the target or below.
 *
 *     c' = clip( c + step sign(target - H), 0, most )        entropyCoefficient = c' where H <= target, otherwise 0
 *
 * @units  H in nats per token
 * @source Skywork-OR1, arXiv:2505.22312
 * @example
 * const objective = withEntropyBonus(ppoClip(), 0)
 * trainingPipeline({ estimator: grpo(), objective, controller: adaptiveEntropy({ target: 0.3 }) })
 */
export const adaptiveEntropy = (options: AdaptiveEntropyOptions = {}): Controller<AdaptiveEntropyMemory> => {
  const {
    target = 0.2,
    step = 0.005,
    most = 1,
  } = checked(options, { target: nonNegative, step: nonNegative, most: nonNegative })
  return {
    name: 'adaptive-entropy',
    rewards: 'any',
    initial: { coefficient: 0, applied: 0 },
    control: ({ entropy }, _, before) => {
      const coefficient = Math.min(most, Math.max(0, before.coefficient + step * Math.sign(target - entropy)))
      const applied = entropy <= target ? coefficient : 0
      return { memory: { coefficient, applied }, scalars: { entropyCoefficient: applied } }
    },
  }
}
