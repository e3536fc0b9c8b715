import { add, exp, log, max, mul, neg, oneHot, stopGradient, sub, sum } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'

/**
 * What one softmax says of a token, all from the same pass:
 *
 *     logprob = log p_y    entropy H = -sum p log p    s = p_y (H + log p_y)    expectedS = H sum p^2 + sum p^2 log p
 *     squares = sum p^2
 *
 * @shape  logits [n, V], targets [n] (int32) -> five of [n]
 * @units  nats; squares has none
 * @source Entrocraft section 4; S and E[S] as in arXiv:2602.03392
 */
export const tokenStatistics = (logits: Node, targets: Node) => {
  const shifted = sub(logits, stopGradient(max(logits, [-1], true)))
  const logp = sub(shifted, log(sum(exp(shifted), [-1], true)))
  const p = exp(logp)
  const plogp = mul(p, logp)
  const logprob = sum(mul(oneHot(targets, logits.shape.at(-1) ?? 1), logp), [-1])
  const entropy = neg(sum(plogp, [-1]))
  const s = mul(exp(logprob), add(entropy, logprob))
  const squares = sum(mul(p, p), [-1])
  const expectedS = add(mul(entropy, squares), sum(mul(p, plogp), [-1]))
  return { logprob, entropy, s, expectedS, squares }
}
