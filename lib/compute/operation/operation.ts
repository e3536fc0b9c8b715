import type { Attributes, DType, Elements, Node, Primitive, Shape } from '../program/node.js'
import type { TensorType } from '../program/shape.js'
import { checkComputable } from './check.js'

/** Nodes that are not computed: inputs and constants. */
export type Leaf = 'input' | 'constant'

/** Nodes that are computed from other nodes. */
export type Computed = Exclude<Primitive, Leaf>

/** Operations that consist of other operations, and for which an engine may have a faster kernel. */
export type Fused =
  | 'rmsNorm'
  | 'inverseRms'
  | 'swiglu'
  | 'rope'
  | 'causalAttention'
  | 'writeCache'
  | 'cachedAttention'
  | 'quantizedMatmul'
  | 'tokenStatistics'

/** Operations for which every engine has a kernel. */
export type Elementary = Exclude<Computed, Fused>

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'less' | 'equal'
type Paired = Binary | 'matmul' | 'gather' | 'scatterAdd' | 'rmsNorm' | 'swiglu' | 'rope'

/** Nodes that an operation reads. */
export type Inputs<K extends Computed> = K extends 'concat'
  ? readonly Node[]
  : K extends 'cachedAttention'
    ? readonly [Node, Node, Node, Node, Node, Node]
    : K extends 'causalAttention'
      ? readonly [Node, Node, Node, ...Node[]]
      : K extends 'select' | 'writeCache' | 'quantizedMatmul' | 'tokenStatistics'
        ? readonly [Node, Node, Node]
        : K extends Paired
          ? readonly [Node, Node]
          : readonly [Node]

/** Shape rule and derivative of an operation. */
export interface Operation<K extends Computed> {
  /** Returns the type of the result. @errors throws ShapeError */
  readonly infer: (inputs: Inputs<K>, attributes: Attributes[K]) => TensorType
  /**
   * Returns the gradient of each input from the gradient of the result, or null for an input without one.
   *
   * A gradient has the rank of its node. It may have size 1 along an axis on which it is constant: a sum passes on its
   * gradient unchanged, and the next binary operation broadcasts it, so that few gradients are expanded in memory.
   */
  readonly derivative: (build: Builders, gradient: Node, inputs: Inputs<K>, node: Node<K>) => readonly (Node | null)[]
}

/** Operation that can be replaced by other operations. They are the reference for the kernel of an engine. */
export interface FusedOperation<K extends Fused> extends Operation<K> {
  readonly compose: (build: Builders, inputs: Inputs<K>, attributes: Attributes[K]) => Node
}

type Unary = (x: Node) => Node
type BinaryBuilder = (a: Node, b: Node) => Node
type Reduction = (x: Node, axes: readonly number[], keepDims?: boolean) => Node

/**
 * Functions that build nodes. Derivatives receive them as an argument, because the derivative of one operation uses
 * others and imports would be circular.
 */
export interface Builders {
  readonly input: (name: string, shape: Shape, dtype?: DType) => Node<'input'>
  readonly constant: (data: Elements, shape: Shape) => Node<'constant'>
  readonly scalar: (value: number) => Node<'constant'>

  readonly neg: Unary
  readonly exp: Unary
  readonly log: Unary
  readonly sqrt: Unary
  readonly sigmoid: Unary

  readonly add: BinaryBuilder
  readonly sub: BinaryBuilder
  readonly mul: BinaryBuilder
  readonly div: BinaryBuilder
  readonly maximum: BinaryBuilder
  readonly minimum: BinaryBuilder
  readonly less: BinaryBuilder
  readonly equal: BinaryBuilder
  readonly select: (condition: Node, a: Node, b: Node) => Node

  readonly sum: Reduction
  readonly max: Reduction
  readonly softmax: Unary
  readonly matmul: BinaryBuilder

  readonly reshape: (x: Node, shape: Shape) => Node
  readonly transpose: (x: Node, permutation: readonly number[]) => Node
  readonly broadcast: (x: Node, shape: Shape) => Node
  readonly slice: (x: Node, starts: readonly number[], sizes: readonly number[]) => Node
  readonly concat: (inputs: readonly Node[], axis: number) => Node
  readonly pad: (x: Node, before: readonly number[], after: readonly number[]) => Node

  readonly gather: (table: Node, ids: Node) => Node
  readonly scatterAdd: (ids: Node, updates: Node, rows: number) => Node
  readonly oneHot: (ids: Node, depth: number) => Node

  readonly rmsNorm: (x: Node, weight: Node, epsilon: number) => Node
  readonly inverseRms: (x: Node, epsilon: number) => Node
  readonly swiglu: BinaryBuilder
  readonly rope: (x: Node, positions: Node, attributes: Attributes['rope']) => Node
  readonly causalAttention: (
    q: Node,
    k: Node,
    v: Node,
    options?: { readonly lengths?: Node; readonly block?: number },
  ) => Node
  readonly writeCache: (cache: Node, entry: Node, positions: Node) => Node
  readonly cachedAttention: (
    token: { q: Node; k: Node; v: Node },
    cache: { keys: Node; values: Node },
    positions: Node,
  ) => Node
  readonly quantizedMatmul: (x: Node, weight: Node, scale: Node) => Node
  readonly tokenStatistics: (hidden: Node, weight: Node, targets: Node, block?: number) => Node

  readonly cast: (x: Node, dtype: Attributes['cast']['dtype']) => Node
  readonly stopGradient: Unary
}

/** Makes a node of an operation and infers its type. @errors throws ShapeError */
export const apply = <K extends Computed>(
  op: K,
  operation: Operation<K>,
  inputs: Inputs<K>,
  attributes: Attributes[K],
): Node<K> => {
  if (op !== 'cast' && op !== 'quantizedMatmul') checkComputable(op, inputs)
  return { op, inputs, attributes, ...operation.infer(inputs, attributes) }
}

/** Derivative of an operation without one: no gradient flows to any of its inputs. */
export const noDerivative =
  (inputs: number): (() => readonly null[]) =>
  () =>
    Array.from({ length: inputs }, () => null)
