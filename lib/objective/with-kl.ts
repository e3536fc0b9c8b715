import { add, mul, scalar, sub } from '../compute/operation/index.js'
import { klForms, type KlOptions } from './kl/index.js'
import type { Objective } from './objective.js'

/**
 * The objective with a price on leaving the reference policy:
 *
 *     loss + klCoefficient KL        of d = reference logprob - logprob
 *
 * Entrocraft's runs take k3 at 1e-3.
 */
export const withKl = (objective: Objective, { klCoefficient = 1e-3, klForm = 'k3' }: KlOptions = {}): Objective => ({
  ...objective,
  needsReference: true,
  loss: (inputs) => {
    const outputs = objective.loss(inputs)
    const kl_BT = klForms[klForm].nodes(sub(inputs.referenceLogprobs_BT, inputs.logprobs_BT))
    return { ...outputs, loss_BT: add(outputs.loss_BT, mul(kl_BT, scalar(klCoefficient))) }
  },
})
