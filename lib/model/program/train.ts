import { gradient } from '../../compute/gradient.js'
import { add, input, max, mul, neg, scalar, select, stopGradient, sub, sum } from '../../compute/operation/index.js'
import type { Node, Program } from '../../compute/program/node.js'
import { program } from '../../compute/program/program.js'
import type { Objective } from '../../objective/objective.js'
import type { DecoderConfig } from '../decoder-config.js'
import { parameterInputs, parameterShapes } from '../parameters.js'
import { sequenceStatistics, type SequenceShape } from './sequence.js'

/** Names of the gradient outputs: this prefix and the weight's name. */
export const GRADIENT = 'gradient.'

/**
 * Loss, its gradient and what is reported of one micro-batch.
 *
 * Token losses are summed with the weights the caller gives (1 / number of trained tokens of the *minibatch* for
 * token-mean), so the gradients of micro-batches add up to the minibatch's.
 *
 * @shape inputs `tokens`, `targets` (int32), `oldLogprobs`, `advantages`, `mask`, `weights`, all [B, T];
 *        outputs `gradient.NAME`, and scalars `loss` and (sums over trained tokens) `clipped`, `kl`, and
 *        `maxRatio`, `negatedMinRatio`
 */
export const trainProgram = (config: DecoderConfig, objective: Objective, shape: SequenceShape): Program => {
  const matrix = (name: string) => input(name, [shape.rows, shape.length])
  const parameters = parameterInputs(parameterShapes(config))
  const statistics = sequenceStatistics(config, parameters, shape)
  const mask_BT = matrix('mask')
  // A token that does not train may hold anything. Its ratio is made 1, and its loss replaced: an infinite one would
  // turn the zero that the mask leaves of its loss, or of its gradient, into no number.
  const oldLogprobs_BT = select(mask_BT, matrix('oldLogprobs'), stopGradient(statistics.logprob))
  const { loss_BT, clipped_BT, ratio_BT } = objective.loss({
    logprobs_BT: statistics.logprob,
    entropy_BT: statistics.entropy,
    oldLogprobs_BT,
    advantages_BT: matrix('advantages'),
    mask_BT,
  })
  const trained = (x: Node, otherwise = 0) => select(mask_BT, x, scalar(otherwise))
  const total = (x: Node) => sum(trained(x), [0, 1])
  const loss = sum(mul(trained(loss_BT), matrix('weights')), [0, 1])
  const kl = sub(sub(ratio_BT, scalar(1)), sub(statistics.logprob, oldLogprobs_BT))
  const gradients = gradient(loss, [...parameters.values()])
  const named = [...parameters.keys()].map((name, i) => [GRADIENT + name, gradients[i]!] as const)
  return program(`train ${objective.name} ${shape.rows}x${shape.length}`, {
    ...Object.fromEntries(named),
    loss,
    clipped: total(clipped_BT),
    kl: total(kl),
    maxRatio: max(trained(ratio_BT, -Infinity), [0, 1]),
    negatedMinRatio: max(trained(neg(ratio_BT), -Infinity), [0, 1]),
  })
}

/** Sum of two sets of gradients. */
export const accumulateProgram = (config: DecoderConfig): Program =>
  program(
    'accumulate gradients',
    Object.fromEntries(
      [...parameterShapes(config)].map(([name, shape]) => [
        GRADIENT + name,
        add(input(`a.${name}`, shape), input(`b.${name}`, shape)),
      ]),
    ),
  )
