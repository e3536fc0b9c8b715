import { gradient } from '../compute/gradient.js'
import { input } from '../compute/operation/index.js'
import type { Program, Shape } from '../compute/program/node.js'
import { program } from '../compute/program/program.js'
import { lossOf } from './loss.js'
import type { Objective } from './objective.js'

/** Name of the output of {@link logprobProgram} that holds the derivatives. */
export const LOGPROB_GRADIENT = 'gradient'

/** Name of the input of {@link logprobProgram} that holds the log-probs. */
export const LOGPROBS = 'logprobs'

/**
 * Program that computes the loss of an objective from given log-probs, and its derivative by each of them. It has no model: a
 * server that computes the log-probs also takes their derivatives back to the weights.
 *
 *     dL/dw = sum_bt dL/dlogprob_bt  dlogprob_bt/dw
 *
 * @shape input `logprobs` [B, T] and those of {@link lossOf}; outputs `gradient` [B, T] and those of {@link lossOf}. A loss that
 *        reads the entropy of a token has the input `entropy` [B, T], too
 * @units logprobs in nats
 */
export const logprobProgram = (objective: Objective, shape: Shape): Program => {
  const logprob = input(LOGPROBS, shape)
  const outputs = lossOf(objective, { logprob, entropy: input('entropy', shape) }, shape)
  const [derivative] = gradient(outputs.loss, [logprob])
  return program(`${objective.name} by log-probs ${shape.join('x')}`, { [LOGPROB_GRADIENT]: derivative!, ...outputs })
}

/** Returns true if the loss of an objective reads the entropy of each token, which the log-prob of one token does not give. */
export const readsEntropy = (objective: Objective): boolean => logprobProgram(objective, [1, 2]).inputs.has('entropy')
