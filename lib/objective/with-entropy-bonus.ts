import { mul, sub } from '../compute/operation/index.js'
import type { Objective } from './objective.js'

/**
 * The objective with a reward for entropy, which a controller may change from batch to batch:
 *
 *     loss - entropyCoefficient H
 *
 * Entrocraft's baseline takes 0.003 and 0.004.
 */
export const withEntropyBonus = (objective: Objective, entropyCoefficient: number): Objective => ({
  ...objective,
  scalars: { ...objective.scalars, entropyCoefficient },
  loss: (inputs) => {
    const outputs = objective.loss(inputs)
    return { ...outputs, loss_BT: sub(outputs.loss_BT, mul(inputs.scalar('entropyCoefficient'), inputs.entropy_BT)) }
  },
})
