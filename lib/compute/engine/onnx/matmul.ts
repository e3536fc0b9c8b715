import { isOp, type Node } from '../../program/node.js'
import { sizeOf } from '../../program/shape.js'
import type { OnnxProvider } from '../engines.js'
import { CONTRIB, type GraphBuilder } from './graph.js'

/**
 * Translates a product. A product of two matrices becomes Gemm, which reads a transposed matrix without a copy of it.
 */
export const matmul = (
  node: Node<'matmul'>,
  graph: GraphBuilder,
  _: readonly string[],
  provider: OnnxProvider,
): string => {
  const [a, b] = node.inputs.map(operandOf) as [Operand, Operand]
  const matrices = node.inputs.every(({ shape }) => shape.length === 2)
  if (matrices && provider === 'cpu' && isFewRowsOfWeight(a, b)) {
    // Not Gemm, because ONNX Runtime would merge its transposed result with it, and compute x w^T again.
    const product = graph.emit('FusedMatMul', [b.node, a.node].map(graph.valueOf), { transB: 1 }, CONTRIB)
    return graph.emit('Transpose', [product], { perm: [1, 0] })
  }
  return matrices
    ? graph.emit('Gemm', [graph.valueOf(a.node), graph.valueOf(b.node)], { transA: a.flipped, transB: b.flipped })
    : graph.emit('MatMul', node.inputs.map(graph.valueOf))
}

/** Largest number of rows for which (w x^T)^T is faster than x w^T. */
const FEW_ROWS = 32

/** Smallest number of elements of a weight for which it is faster. */
const LARGE_WEIGHT = 2 ** 18

/**
 * Returns whether a product is x w^T for few rows x and a large weight w. The CPU provider copies the right operand of each
 * product into tiles, and reads the left one where it is. For few rows, the copy of the weight takes a third of the time of x w^T.
 */
const isFewRowsOfWeight = (x: Operand, w: Operand): boolean =>
  x.flipped === 0 && w.flipped === 1 && x.node.shape[0]! <= FEW_ROWS && sizeOf(w.node.shape) >= LARGE_WEIGHT

interface Operand {
  readonly node: Node
  /** 1 if Gemm must transpose the matrix. */
  readonly flipped: 0 | 1
}

const operandOf = (node: Node): Operand =>
  isOp(node, 'transpose') && node.attributes.permutation.join() === '1,0'
    ? { node: node.inputs[0]!, flipped: 1 }
    : { node, flipped: 0 }
