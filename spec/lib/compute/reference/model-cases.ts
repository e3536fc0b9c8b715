import * as o from '#lib/compute/operation/index.js'
import type { Node } from '#lib/compute/program/node.js'
import { type Case, differentiated } from './case.js'

const rmsNorm = (x: Node, weight: Node): Node => {
  const meanSquare = o.mul(o.sum(o.mul(x, x), [-1], true), o.scalar(1 / x.shape.at(-1)!))
  return o.mul(o.div(x, o.sqrt(o.add(meanSquare, o.scalar(1e-5)))), weight)
}

/** Negative log-likelihood of the targets, one per row of logits. */
const crossEntropy = (logits: Node, targets: Node): Node => {
  const shifted = o.sub(logits, o.stopGradient(o.max(logits, [-1], true)))
  const logp = o.sub(shifted, o.log(o.sum(o.exp(shifted), [-1], true)))
  return o.neg(o.sum(o.mul(o.oneHot(targets, logits.shape.at(-1)!), logp), [-1]))
}

const causalMask = (length: number): Node =>
  o.constant(
    Float32Array.from({ length: length ** 2 }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0)),
    [length, length],
  )

/** Small networks with the gradients of all their weights. */
export const modelCases: readonly Case[] = [
  differentiated('multilayer perceptron', ({ float, int }) => {
    const hidden = o.sigmoid(o.add(o.matmul(float([6, 5]), float([5, 8])), float([8])))
    return crossEntropy(o.add(o.matmul(hidden, float([8, 4])), float([4])), int([6], 4))
  }),
  differentiated('SwiGLU over a batch, weights as [out, in]', ({ float }) => {
    const x = rmsNorm(float([2, 3, 4]), float([4]))
    const linear = (y: Node, shape: readonly [number, number]) => o.matmul(y, o.transpose(float(shape), [1, 0]))
    const gate = linear(x, [6, 4])
    return o.add(x, linear(o.mul(o.mul(gate, o.sigmoid(gate)), linear(x, [6, 4])), [4, 6]))
  }),
  differentiated('causal attention over gathered rows, tied head', ({ float, int }) => {
    const [B, T, H, D, V] = [2, 5, 2, 3, 7]
    const table = float([V, H * D], -1, 1)
    const x = o.gather(table, int([B, T], V))
    const heads = (y: Node) => o.transpose(o.reshape(y, [B, T, H, D]), [0, 2, 1, 3])
    const [q, k, v] = [0, 1, 2].map(() => heads(o.matmul(x, float([H * D, H * D], -1, 1)))) as [Node, Node, Node]
    const scores = o.mul(o.matmul(q, o.transpose(k, [0, 1, 3, 2])), o.scalar(1 / Math.sqrt(D)))
    const context = o.matmul(o.softmax(o.add(scores, causalMask(T))), v)
    const hidden = o.add(x, o.reshape(o.transpose(context, [0, 2, 1, 3]), [B, T, H * D]))
    const logits = o.matmul(rmsNorm(hidden, float([H * D])), o.transpose(table, [1, 0]))
    return crossEntropy(logits, int([B, T], V))
  }),
]
