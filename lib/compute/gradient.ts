import * as build from './operation/index.js'
import type { Computed, Inputs } from './operation/operation.js'
import { operations } from './operation/operations.js'
import type { Node } from './program/node.js'
import { ShapeError } from './program/shape-error.js'
import { dependencies } from './program/traverse.js'

/**
 * Reverse-mode derivative of a scalar: d loss / d x for every x, as nodes to compute, differentiate again or print.
 * Zeros where the loss does not depend on x through anything differentiable.
 *
 * @shape  loss [] -> one gradient per x, of its shape
 * @errors ShapeError
 */
export const gradient = (loss: Node, withRespectTo: readonly Node[]): readonly Node[] => {
  if (loss.shape.length > 0 || loss.dtype !== 'float32') throw new ShapeError('gradient', [loss], 'a loss float32[]')
  const order = dependencies([loss])
  const active = reached(order, withRespectTo)
  const gradients = new Map<Node, Node>([[loss, build.scalar(1)]])
  for (const node of [...order].reverse()) {
    const g = gradients.get(node)
    if (g === undefined || !isComputed(node) || !active.has(node)) continue
    derivatives(node, g).forEach((part, i) => {
      const input = node.inputs[i]!
      if (part === null || !active.has(input)) return
      const sum = gradients.get(input)
      gradients.set(input, sum === undefined ? part : build.add(sum, part))
    })
  }
  return withRespectTo.map((x) => build.broadcast(gradients.get(x) ?? build.scalar(0), x.shape))
}

/** The nodes whose value depends on one of `sources`, which carry gradients only as float32. */
const reached = (order: readonly Node[], sources: readonly Node[]): ReadonlySet<Node> => {
  const found = new Set(sources)
  for (const node of order) if (node.inputs.some((input) => found.has(input))) found.add(node)
  return new Set([...found].filter(({ dtype }) => dtype === 'float32'))
}

const isComputed = (node: Node): node is Node<Computed> => node.inputs.length > 0

const derivatives = <K extends Computed>(node: Node<K>, g: Node) =>
  operations[node.op].derivative(build, g, node.inputs as Inputs<K>, node)
