import { checked, finite } from '../option.js'
import { mul, sub } from '../compute/operation/index.js'
import type { Objective } from './objective.js'

/**
 * Adds an entropy bonus to an objective. A controller may replace its coefficient batch by batch.
 *
 *     loss - entropyCoefficient H        H: entropy at the token
 *
 * The baseline of Entrocraft takes coefficients of 0.003 and 0.004.
 *
 * @shape  [B, T]  ->  [B, T]
 * @units  entropyCoefficient in loss per nat
 * @example
 * withEntropyBonus(ppoClip(), 0.003)
 */
export const withEntropyBonus = (objective: Objective, entropyCoefficient: number): Objective => ({
  ...objective,
  needsDistribution: {
    reads: 'the entropy of every token and its gradient, for the entropy bonus',
    instead: 'leave the entropy bonus out (entropyCoefficient 0)',
  },
  scalars: { ...objective.scalars, ...checked({ entropyCoefficient }, { entropyCoefficient: finite }) },
  loss: (inputs) => {
    const outputs = objective.loss(inputs)
    return { ...outputs, loss_BT: sub(outputs.loss_BT, mul(inputs.scalar('entropyCoefficient'), inputs.entropy_BT)) }
  },
})
