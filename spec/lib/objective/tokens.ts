import { gradient } from '#lib/compute/gradient.js'
import { input, sum } from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import type { Objective } from '#lib/objective/objective.js'
import { tokenRatio } from '#lib/objective/ratio.js'
import { interpret } from '../compute/reference/interpret.js'
import { floats } from '../model/golden.js'

/** One token of a response. */
export interface Token {
  readonly logprob: number
  readonly old: number
  readonly advantage: number
  /** Log-prob under the reference policy; default: that of the policy before the update. */
  readonly reference?: number
}

/** Returns the loss of each token, its derivative by the log-prob of the token, and the clips and ratios reported. */
export const losses = (objective: Objective, tokens: readonly Token[]) => {
  const shape = [1, tokens.length]
  const logprobs_BT = input('logprobs', shape)
  const inputs = {
    logprobs_BT,
    oldLogprobs_BT: input('old', shape),
    referenceLogprobs_BT: input('reference', shape),
    entropy_BT: input('entropy', shape),
    advantages_BT: input('advantages', shape),
    mask_BT: input('mask', shape),
    marked_BT: input('marked', shape),
    kept_BT: input('kept', shape),
    scalar: (name: string) => input(name, []),
  }
  const { loss_BT, ratio_BT = tokenRatio(inputs), clipped_BT = inputs.marked_BT } = objective.loss(inputs)
  const slope = gradient(sum(loss_BT, [0, 1]), [logprobs_BT])[0]!
  const found = interpret(program(objective.name, { loss: loss_BT, slope, clipped: clipped_BT, ratio: ratio_BT }), {
    logprobs: floats(
      shape,
      tokens.map(({ logprob }) => logprob),
    ),
    old: floats(
      shape,
      tokens.map(({ old }) => old),
    ),
    reference: floats(
      shape,
      tokens.map(({ old, reference = old }) => reference),
    ),
    advantages: floats(
      shape,
      tokens.map(({ advantage }) => advantage),
    ),
    entropy: floats(shape, new Float64Array(tokens.length)),
    mask: floats(shape, new Float64Array(tokens.length).fill(1)),
    marked: floats(shape, new Float64Array(tokens.length)),
    kept: floats(shape, new Float64Array(tokens.length).fill(1)),
    ...Object.fromEntries(Object.entries(objective.scalars ?? {}).map(([name, value]) => [name, floats([], [value])])),
  })
  const numbers = (name: string) => [...found[name]!.data]
  return { loss: numbers('loss'), slope: numbers('slope'), clipped: numbers('clipped'), ratio: numbers('ratio') }
}
