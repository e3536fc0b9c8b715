import { isOp, type Node } from '../../program/node.js'
import type { GraphBuilder } from './graph.js'

/** A product of two matrices reads a transposed one where it lies, forwards and in gradients. */
export const matmul = (node: Node<'matmul'>, graph: GraphBuilder): string => {
  const [a, b] = node.inputs.map(unflipped) as [Operand, Operand]
  const matrices = node.inputs.every(({ shape }) => shape.length === 2)
  return matrices
    ? graph.emit('Gemm', [graph.valueOf(a.node), graph.valueOf(b.node)], { transA: a.flipped, transB: b.flipped })
    : graph.emit('MatMul', node.inputs.map(graph.valueOf))
}

interface Operand {
  readonly node: Node
  /** As ONNX writes booleans. */
  readonly flipped: 0 | 1
}

const unflipped = (node: Node): Operand =>
  isOp(node, 'transpose') && node.attributes.permutation.join() === '1,0'
    ? { node: node.inputs[0]!, flipped: 1 }
    : { node, flipped: 0 }
