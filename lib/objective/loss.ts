import { input, less, max, mul, neg, scalar, select, stopGradient, sub, sum } from '../compute/operation/index.js'
import type { Node, Shape } from '../compute/program/node.js'
import { PipelineError } from '../pipeline-error.js'
import type { Objective } from './objective.js'
import { logRatio, tokenRatio } from './ratio.js'

/** Prefix of the inputs that carry an objective's scalars. */
export const SCALAR = 'scalar.'

/**
 * Returns the loss of one micro-batch and the figures that are reported with it, as nodes of a program. The statistics
 * carry the gradient.
 *
 * Token losses are summed with the weights of the minibatch's aggregation, so the gradients of micro-batches add up to the
 * gradient of the minibatch.
 *
 * @shape statistics [B, T]; inputs `oldLogprobs`, `referenceLogprobs`, `advantages`, `mask`, `marked`, `kept`, `weights`,
 *        each [B, T], and `scalar.NAME`, []; outputs are scalars: `loss`, the sums over trained tokens `clippedLow` (A < 0),
 *        `clippedHigh` (A >= 0) and `kl`, and the extremes `maxRatio` and `negatedMinRatio`
 * @errors PipelineError BrokenInvariant if the loss reads a scalar that the objective does not declare
 */
export const lossOf = (
  objective: Objective,
  statistics: { readonly logprob: Node; readonly entropy: Node },
  shape: Shape,
): Readonly<Record<(typeof lossOutputs)[number], Node>> => {
  const { logprob: logprobs_BT, entropy: entropy_BT } = statistics
  const matrix = (name: string) => input(name, shape)
  const mask_BT = matrix('mask')
  // A token that does not train may hold any value. Its ratio is set to 1, because an infinite ratio times the zero of the
  // mask would be NaN, in the loss or in its gradient.
  const whereTrained = (name: string) => select(mask_BT, matrix(name), stopGradient(logprobs_BT))
  const inputs = {
    logprobs_BT,
    entropy_BT,
    mask_BT,
    oldLogprobs_BT: whereTrained('oldLogprobs'),
    referenceLogprobs_BT: whereTrained('referenceLogprobs'),
    advantages_BT: matrix('advantages'),
    marked_BT: matrix('marked'),
    kept_BT: matrix('kept'),
    scalar: scalarsOf(objective),
  }
  const { loss_BT, ratio_BT = tokenRatio(inputs), clipped_BT } = objective.loss(inputs)
  const trained = (x: Node, otherwise = 0) => select(mask_BT, x, scalar(otherwise))
  const total = (x: Node) => sum(trained(x), [0, 1])
  const nowhere = less(mask_BT, scalar(0))
  const [low, high] = clipped_BT === undefined ? [nowhere, nowhere] : bySign(clipped_BT, inputs.advantages_BT)
  return {
    loss: sum(mul(trained(loss_BT), matrix('weights')), [0, 1]),
    clippedLow: total(low),
    clippedHigh: total(high),
    kl: total(sub(sub(tokenRatio(inputs), scalar(1)), logRatio(inputs))),
    maxRatio: max(trained(ratio_BT, -Infinity), [0, 1]),
    negatedMinRatio: max(trained(neg(ratio_BT), -Infinity), [0, 1]),
  }
}

/** Names of the outputs of {@link lossOf}. */
export const lossOutputs = ['loss', 'clippedLow', 'clippedHigh', 'kl', 'maxRatio', 'negatedMinRatio'] as const

/** Returns a reader of scalars that makes one input per scalar, also if the loss reads it several times. */
const scalarsOf = ({ name: objective, scalars = {} }: Objective) => {
  const inputs = new Map(Object.keys(scalars).map((name) => [name, input(SCALAR + name, [])]))
  return (name: string): Node => {
    const known = inputs.get(name)
    if (known === undefined)
      throw new PipelineError(
        'BrokenInvariant',
        `objective ${objective}: found a read of scalar ${name}, expected one of its declared scalars [${[...inputs.keys()].join(', ')}]`,
      )
    return known
  }
}

/** Splits marks into those with A < 0 and those with A >= 0. */
const bySign = (marks_BT: Node, advantages_BT: Node): readonly [Node, Node] => {
  const negative = mul(marks_BT, less(advantages_BT, scalar(0)))
  return [negative, sub(marks_BT, negative)]
}
