import { isOp, type Node } from '../../program/node.js'
import type { GraphBuilder } from './graph.js'

/**
 * Translates a product. A product of two matrices becomes Gemm, which reads a transposed matrix without a copy of it.
 */
export const matmul = (node: Node<'matmul'>, graph: GraphBuilder): string => {
  const [a, b] = node.inputs.map(operandOf) as [Operand, Operand]
  const matrices = node.inputs.every(({ shape }) => shape.length === 2)
  return matrices
    ? graph.emit('Gemm', [graph.valueOf(a.node), graph.valueOf(b.node)], { transA: a.flipped, transB: b.flipped })
    : graph.emit('MatMul', node.inputs.map(graph.valueOf))
}

interface Operand {
  readonly node: Node
  /** 1 if Gemm must transpose the matrix. */
  readonly flipped: 0 | 1
}

const operandOf = (node: Node): Operand =>
  isOp(node, 'transpose') && node.attributes.permutation.join() === '1,0'
    ? { node: node.inputs[0]!, flipped: 1 }
    : { node, flipped: 0 }
