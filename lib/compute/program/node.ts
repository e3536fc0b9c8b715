/**
 * Element type; masks and comparisons are float32 zeros and ones. Weights may be stored as int8: nothing reads it but cast
 * and quantizedMatmul.
 */
export type DType = 'float32' | 'int32' | 'int8'

/** What holds elements in host memory: one kind of array for each type. */
export type Elements = Float32Array | Int32Array | Int8Array

/** Static: every dimension is a number when the program is built. */
export type Shape = readonly number[]

/** A tensor in host memory, row-major. */
export interface HostTensor {
  readonly shape: Shape
  readonly data: Elements
}

/** @units frequencies in radians per position, one for each pair */
export interface RopeAttributes {
  readonly frequencies: readonly number[]
  readonly limit: number
  /** By the opposite angles. */
  readonly back: boolean
}

/** The primitive operations and what each carries besides its inputs. One file per primitive in `operation/`. */
export interface Attributes {
  readonly input: { readonly name: string }
  readonly constant: { readonly data: Elements }

  readonly neg: Record<string, never>
  readonly exp: Record<string, never>
  readonly log: Record<string, never>
  readonly sqrt: Record<string, never>
  readonly sigmoid: Record<string, never>

  /** Binary operations broadcast as NumPy does. */
  readonly add: Record<string, never>
  readonly sub: Record<string, never>
  readonly mul: Record<string, never>
  readonly div: Record<string, never>
  readonly maximum: Record<string, never>
  readonly minimum: Record<string, never>
  /** 1 where a < b. */
  readonly less: Record<string, never>
  /** 1 where a = b. */
  readonly equal: Record<string, never>
  /** condition != 0 ? a : b, broadcasting; inputs condition (float32), a, b. */
  readonly select: Record<string, never>

  readonly sum: { readonly axes: readonly number[]; readonly keepDims: boolean }
  readonly max: { readonly axes: readonly number[]; readonly keepDims: boolean }
  /** Over the last axis. */
  readonly softmax: Record<string, never>
  /** [..., m, k] x [..., k, n], leading axes broadcast. */
  readonly matmul: Record<string, never>

  readonly reshape: { readonly shape: Shape }
  readonly transpose: { readonly permutation: readonly number[] }
  readonly broadcast: { readonly shape: Shape }
  readonly slice: { readonly starts: readonly number[]; readonly sizes: readonly number[] }
  readonly concat: { readonly axis: number }
  /** Zeros around. */
  readonly pad: { readonly before: readonly number[]; readonly after: readonly number[] }

  /** Rows of table [N, ...] by ids [...] (int32): [...ids, ...row]. */
  readonly gather: Record<string, never>
  /** Adds rows updates [...ids, ...row] into zeros [rows, ...row] at ids; duplicate ids add up. Inputs ids, updates. */
  readonly scatterAdd: { readonly rows: number }
  /** ids [...] (int32) -> float32 [..., depth]. */
  readonly oneHot: { readonly depth: number }

  /** x / sqrt(mean x^2 + epsilon) * weight over the last axis; inputs x, weight. */
  readonly rmsNorm: { readonly epsilon: number }
  /** 1 / sqrt(mean x^2 + epsilon) over the last axis, kept as 1. */
  readonly inverseRms: { readonly epsilon: number }
  /** gate / (1 + e^-gate) * up; inputs gate, up. */
  readonly swiglu: Record<string, never>
  /** Turns D / 2 pairs of x [B, H, T, D] by position * frequency; positions [B, T] or [1, T] (int32) are below `limit`. */
  readonly rope: RopeAttributes
  /** Every position over itself, those before it and a prefix; inputs q [B, H, T, D], k and v [B, K, P + T, D], lengths [B]. */
  readonly causalAttention: { readonly block: number }
  /** Puts entry [B, K, 1, D] into cache [B, K, L, D] at positions [B] (int32) of the third axis. */
  readonly writeCache: Record<string, never>
  /** One query per row over what was cached before its position, and over its own key and value. */
  readonly cachedAttention: Record<string, never>
  /** x [n, in] by weight [in, out] (int8), whose columns are scaled by scale [out]; inputs x, weight, scale. */
  readonly quantizedMatmul: Record<string, never>
  /** Of hidden [n, width], weight [V, width] and targets [n], over so many rows of the weight at once. */
  readonly tokenStatistics: { readonly block: number }

  readonly cast: { readonly dtype: Exclude<DType, 'int8'> }
  /** Identity whose derivative is zero. */
  readonly stopGradient: Record<string, never>
}

export type Primitive = keyof Attributes

/** A value of a program: immutable data, shared by reference wherever it is used again. */
export interface Node<K extends Primitive = Primitive> {
  readonly op: K
  readonly inputs: readonly Node[]
  readonly attributes: Attributes[K]
  readonly shape: Shape
  readonly dtype: DType
}

/** Named inputs and outputs; the nodes between are reachable from the outputs. */
export interface Program {
  /** For messages and traces. */
  readonly name: string
  readonly inputs: ReadonlyMap<string, Node<'input'>>
  readonly outputs: ReadonlyMap<string, Node>
}

/** Narrows a node to one operation. */
export const isOp = <K extends Primitive>(node: Node, op: K): node is Node<K> => node.op === op
