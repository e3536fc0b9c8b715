import { add, mul, scalar, sub } from '../compute/operation/index.js'
import { klForms, type KlOptions } from './kl-forms.js'
import type { Objective } from './objective.js'

/**
 * Adds a KL penalty against the reference policy to an objective.
 *
 *     loss + klCoefficient KL(d)        d = reference logprob - logprob
 *
 * The runs of Entrocraft take k3 with a coefficient of 1e-3.
 *
 * @shape  [B, T]  ->  [B, T]
 * @units  klCoefficient in loss per nat
 * @example
 * withKl(ppoClip(), { klCoefficient: 1e-3, klForm: 'k3' })
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
