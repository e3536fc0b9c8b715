import { compose } from '../../../compose.js'
import * as build from '../../../operation/index.js'
import { rotaryTables } from '../../../operation/rope.js'
import type { Fused } from '../../../operation/operation.js'
import { mapNodes } from '../../../program/map-nodes.js'
import { isOp, type Node, type Program } from '../../../program/node.js'
import { program } from '../../../program/program.js'
import { sizeOf } from '../../../program/shape.js'
import { isNarrow } from './narrow-inputs.js'

/**
 * Rewrites a program to the operations for which there are kernels or formulas. Normalisations, softmax and token
 * statistics become reductions and elementwise operations, which fusion joins again in larger groups.
 */
export const lower = (whole: Program): Program => withDistinctOutputs(mapNodes(compose(whole, hasKernel), rewrite))

/** Gives every name of a value that is computed a node of its own, because each name gets memory of its own. */
const withDistinctOutputs = (whole: Program): Program => {
  const last = new Map<Node, Node>()
  const distinct = (node: Node): Node => {
    if (node.inputs.length === 0) return widen(node)
    const before = last.get(node)
    // Each further name copies the one before, because equal nodes would be merged again.
    const own = before === undefined ? node : build.stopGradient(before)
    last.set(node, own)
    return own
  }
  return program(whole.name, Object.fromEntries([...whole.outputs].map(([name, node]) => [name, distinct(node)])))
}

/** Largest width of an attention head for which a thread has enough registers. */
const WIDEST_HEAD = 128

/** A cache that is computed in the program is written by a selection. A cache of the caller is updated in place. */
const hasKernel = ({ op, shape, inputs }: Node<Fused>): boolean => {
  if (op === 'rope') return true
  if (op === 'writeCache') return isOp(inputs[0]!, 'input')
  return (op === 'causalAttention' || op === 'cachedAttention') && shape[3]! % 4 === 0 && shape[3]! <= WIDEST_HEAD
}

const rewrite = (node: Node): Node => {
  if (isOp(node, 'softmax')) return softmax(node)
  if (isOp(node, 'matmul')) return matmul(node)
  if (isOp(node, 'sum')) return splitSum(node)
  if (isOp(node, 'concat')) return concatInTurn(node)
  if (isOp(node, 'rope')) return withTables(node)
  return readsWhole.has(node.op) ? { ...node, inputs: node.inputs.map(widen) } : node
}

/** Operations whose kernels read operands as they are in memory. */
const readsWhole: ReadonlySet<string> = new Set(['causalAttention', 'cachedAttention', 'writeCache'])

/** Copies an input of 16 bits into float32. */
const widen = (node: Node): Node => (isNarrow(node) ? build.stopGradient(node) : node)

const softmax = ({ inputs: [x] }: Node<'softmax'>): Node => {
  const e = build.exp(build.sub(x!, build.max(x!, [-1], true)))
  return build.div(e, build.sum(e, [-1], true))
}

/** Number of workgroups that keep a GPU busy. A product or a sum with fewer is divided. */
const BUSY = 64

/** Least number of terms for which a sum is divided into partial sums. */
const LONG = 512

/** Joins the leading axes of a to rows if b is one matrix. Divides the sum of a product with few results. */
const matmul = (node: Node<'matmul'>): Node => {
  const [a, b] = node.inputs as [Node, Node]
  const [k, n] = b.shape.slice(-2) as [number, number]
  if (sizeOf(b.shape) !== k * n) return node
  const rows = sizeOf(a.shape) / k
  const [left, right] = [build.reshape(a, [rows, k]), build.reshape(b, [k, n])]
  const tiles = Math.ceil(rows / 32) * Math.ceil(n / 32)
  const parts = tiles >= BUSY ? 1 : partsOf(k, LONG, Math.ceil(BUSY / tiles))
  if (parts === 1) return build.reshape(build.matmul(left, right), node.shape)
  const split = build.matmul(
    build.transpose(build.reshape(left, [rows, parts, k / parts]), [1, 0, 2]),
    build.reshape(right, [parts, k / parts, n]),
  )
  return build.reshape(build.sum(split, [0]), node.shape)
}

/** Divides a long sum with few results into partial sums, whose sum is the result. */
const splitSum = (node: Node<'sum'>): Node => {
  const [x] = node.inputs as [Node]
  const { axes } = node.attributes
  const results = sizeOf(node.shape)
  const terms = sizeOf(x.shape) / results
  const isLeading = axes.every((axis, i) => axis === i)
  const parts = partsOf(terms, LONG, Math.ceil((BUSY * 32) / results))
  if (parts === 1 || !isLeading) return node
  return build.reshape(build.sum(build.sum(build.reshape(x, [parts, terms / parts, results]), [1]), [0]), node.shape)
}

/** Largest divisor of a length up to `wanted` that leaves at least `least` in each part; 1 if there is none. */
const partsOf = (length: number, least: number, wanted: number): number => {
  for (let parts = Math.min(wanted, Math.floor(length / least)); parts > 1; parts--)
    if (length % parts === 0) return parts
  return 1
}

/** Largest number of tensors that one kernel joins: each takes a binding. */
const JOINED = 5

const concatInTurn = (node: Node<'concat'>): Node => {
  if (node.inputs.length <= JOINED) return node
  const { axis } = node.attributes
  const size = JOINED ** Math.ceil(Math.log(node.inputs.length) / Math.log(JOINED) - 1)
  const parts = Array.from({ length: Math.ceil(node.inputs.length / size) }, (_, i) =>
    build.concat(node.inputs.slice(i * size, (i + 1) * size), axis),
  )
  return build.concat(
    parts.map((part) => (isOp(part, 'concat') ? concatInTurn(part) : part)),
    axis,
  )
}

/** Adds the tables of cosine and sine as two inputs, because the sine of WGSL is exact to only three digits. */
const withTables = (node: Node<'rope'>): Node<'rope'> => {
  const { cosine, sine } = rotaryTables(node.attributes)
  const table = (data: Float32Array) => build.constant(data, [node.attributes.limit, node.shape[3]! / 2])
  return { ...node, inputs: [node.inputs[0]!, node.inputs[1]!, table(cosine), table(sine)] }
}
