import { add, mul, scalar, sub } from '../compute/operation/index.js'
import { klFormIn, type KlOptions } from './kl-forms.js'
import type { Objective } from './objective.js'

/**
 * Adds a KL penalty against the reference policy to an objective.
 *
 *     loss + klCoefficient KL(d)        d = reference logprob - logprob
 *
 * The estimator is k3 or k2: the expected gradient of k1 in a loss is 0. The runs of Entrocraft take k3 with a coefficient of 1e-3.
 *
 * @shape  [B, T]  ->  [B, T]
 * @units  klCoefficient in loss per nat
 * @errors RangeError for the estimator k1, unless `klAnyForm` is true
 * @example
 * withKl(ppoClip(), { klCoefficient: 1e-3, klForm: 'k3' })
 */
export const withKl = (objective: Objective, { klCoefficient = 1e-3, ...estimator }: KlOptions = {}): Objective => {
  const form = klFormIn('loss', estimator)
  return {
    ...objective,
    needsReference: true,
    loss: (inputs) => {
      const outputs = objective.loss(inputs)
      const kl_BT = form.nodes(sub(inputs.referenceLogprobs_BT, inputs.logprobs_BT))
      return { ...outputs, loss_BT: add(outputs.loss_BT, mul(kl_BT, scalar(klCoefficient))) }
    },
  }
}
