import type { Attributes, DType, Elements, Node, Primitive, Shape } from '../program/node.js'
import type { TensorType } from '../program/shape.js'
import { checkComputable } from './check.js'

/** Inputs and constants: their type is declared, nothing flows through them. */
export type Leaf = 'input' | 'constant'

/** What is computed from other nodes. */
export type Computed = Exclude<Primitive, Leaf>

/** What other operations can spell out, and an engine may have a better kernel for. */
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

/** What every engine has a kernel for. */
export type Elementary = Exclude<Computed, Fused>

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'less' | 'equal'
type Paired = Binary | 'matmul' | 'gather' | 'scatterAdd' | 'rmsNorm' | 'swiglu' | 'rope'

/** The nodes an operation reads. */
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

/** What the language knows of a primitive. */
export interface Operation<K extends Computed> {
  /** Type of the result. @errors ShapeError */
  readonly infer: (inputs: Inputs<K>, attributes: Attributes[K]) => TensorType
  /**
   * Gradients of the inputs, given that of the result; null where none flows.
   *
   * A gradient has its node's rank, and may have size 1 along an axis it is constant on: sums pass theirs on as it is
   * and the binary operations below broadcast it, so that few gradients are ever spelled out.
   */
  readonly derivative: (build: Builders, gradient: Node, inputs: Inputs<K>, node: Node<K>) => readonly (Node | null)[]
}

/** An operation that is also a program of other operations: the reference for an engine's own kernel. */
export interface FusedOperation<K extends Fused> extends Operation<K> {
  readonly compose: (build: Builders, inputs: Inputs<K>, attributes: Attributes[K]) => Node
}

type Unary = (x: Node) => Node
type BinaryBuilder = (a: Node, b: Node) => Node
type Reduction = (x: Node, axes: readonly number[], keepDims?: boolean) => Node

/** The language as its users call it. Derivatives get it as an argument, since operations need each other's builders. */
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

/** A node of this operation, its type inferred. @errors ShapeError */
export const apply = <K extends Computed>(
  op: K,
  operation: Operation<K>,
  inputs: Inputs<K>,
  attributes: Attributes[K],
): Node<K> => {
  if (op !== 'cast' && op !== 'quantizedMatmul') checkComputable(op, inputs)
  return { op, inputs, attributes, ...operation.infer(inputs, attributes) }
}

/** The derivative of what has none. */
export const noDerivative =
  (inputs: number): (() => readonly null[]) =>
  () =>
    Array.from({ length: inputs }, () => null)
