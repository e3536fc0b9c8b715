import { after } from './operation/after.js'
import * as build from './operation/index.js'
import type { Computed, Inputs } from './operation/operation.js'
import { operations } from './operation/operations.js'
import type { Node } from './program/node.js'
import { ShapeError } from './program/shape-error.js'
import { dependencies } from './program/traverse.js'

/**
 * Reverse-mode derivative of a scalar: d loss / d x for every x of `withRespectTo`. The gradients are nodes, which can
 * be computed, printed or differentiated again. A gradient is zero if the loss does not depend on x through
 * differentiable operations.
 *
 * `checkpoints` save memory: values between two neighbouring checkpoints are not kept for the backward pass. They are
 * computed again from the first checkpoint when the gradient of the second is known. The gradients are the same and
 * take one more forward pass.
 *
 * @shape  loss [] -> one gradient per x, of the shape of x; checkpoints in the order in which they are computed
 * @errors ShapeError if the loss is not a float32 scalar
 * @source checkpoints: arXiv:1604.06174
 * @example
 * const x = input('x', [3])
 * const [g] = gradient(sum(mul(x, x), [0]), [x]) // 2 x, shape [3]
 */
export const gradient = (
  loss: Node,
  withRespectTo: readonly Node[],
  checkpoints: readonly Node[] = [],
): readonly Node[] => {
  if (loss.shape.length > 0 || loss.dtype !== 'float32') throw new ShapeError('gradient', [loss], 'a loss float32[]')
  const order = dependencies([loss])
  const active = dependents(order, withRespectTo)
  const gradients = new Map<Node, Node>([[loss, build.scalar(1)]])
  const again = recomputation(order, checkpoints, gradients)
  for (const node of [...order].reverse()) {
    const g = gradients.get(node)
    if (g === undefined || !isComputed(node) || !active.has(node)) continue
    derivatives(again(node), g).forEach((part, i) => {
      const input = node.inputs[i]!
      if (part === null || !active.has(input)) return
      const sum = gradients.get(input)
      gradients.set(input, sum === undefined ? part : build.add(sum, part))
    })
  }
  return withRespectTo.map((x) => build.broadcast(gradients.get(x) ?? build.scalar(0), x.shape))
}

/** Returns the float32 nodes whose value depends on one of `sources`. Other types carry no gradient. */
const dependents = (order: readonly Node[], sources: readonly Node[]): ReadonlySet<Node> => {
  const found = new Set(sources)
  for (const node of order) if (node.inputs.some((input) => found.has(input))) found.add(node)
  return new Set([...found].filter(({ dtype }) => dtype === 'float32'))
}

/**
 * Returns a function that gives the node to differentiate: the node itself, or its copy that is computed again if it
 * lies between two checkpoints. The function must be called after the gradients of all later nodes are known.
 */
const recomputation = (
  order: readonly Node[],
  checkpoints: readonly Node[],
  gradients: ReadonlyMap<Node, Node>,
): (<K extends Computed>(node: Node<K>) => Node<K>) => {
  const places = new Map(checkpoints.map((checkpoint, place) => [checkpoint, place]))
  /** Position of the last checkpoint that each node is computed from, or -1. */
  const behind = new Map<Node, number>()
  const reaches = (input: Node) => places.get(input) ?? behind.get(input) ?? -1
  for (const node of order) behind.set(node, Math.max(-1, ...node.inputs.map(reaches)))
  const stretches = new Map<number, ReadonlyMap<Node, Node>>()
  const recompute = (place: number): ReadonlyMap<Node, Node> => {
    const [first, signal] = [checkpoints[place]!, gradients.get(checkpoints[place + 1]!)]
    const copies = new Map([[first, signal === undefined ? first : after(build, first, signal)]])
    for (const node of order)
      if (behind.get(node) === place)
        copies.set(node, { ...node, inputs: node.inputs.map((input) => copies.get(input) ?? input) })
    stretches.set(place, copies)
    return copies
  }
  return <K extends Computed>(node: Node<K>) => {
    const place = behind.get(node)!
    if (place < 0 || place >= checkpoints.length - 1) return node
    return (stretches.get(place) ?? recompute(place)).get(node) as Node<K>
  }
}

const isComputed = (node: Node): node is Node<Computed> => node.inputs.length > 0

const derivatives = <K extends Computed>(node: Node<K>, g: Node) =>
  operations[node.op].derivative(build, g, node.inputs as Inputs<K>, node)
