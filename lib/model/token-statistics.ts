import { add, exp, mul, reshape, slice, tokenStatistics as statistics } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'

/**
 * Statistics of a target token under the softmax of its logits:
 *
 *     logprob = log p_y    entropy H = -sum p log p    s = p_y (H + log p_y)    expectedS = H sum p^2 + sum p^2 log p
 *     squares = sum p^2
 *
 * @shape  hidden [n, width], head [V, width], targets [n] (int32) -> five of [n]
 * @units  nats; squares has no unit
 * @source Entrocraft section 4; S and E[S] as in arXiv:2602.03392
 */
export const tokenStatistics = (hidden: Node, head: Node, targets: Node) => {
  const [n] = hidden.shape as [number]
  const columns = statistics(hidden, head, targets)
  const column = (i: number) => reshape(slice(columns, [0, i], [n, 1]), [n])
  const [logprob, entropy, squares, weighted] = [column(0), column(1), column(2), column(3)]
  const s = mul(exp(logprob), add(entropy, logprob))
  const expectedS = add(mul(entropy, squares), weighted)
  return { logprob, entropy, s, expectedS, squares }
}
