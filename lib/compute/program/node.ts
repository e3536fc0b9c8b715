/**
 * Element type of a tensor. Masks and results of comparisons are zeros and ones in float32. int8 stores weights: only
 * `cast` and `quantizedMatmul` read it.
 */
export type DType = 'float32' | 'int32' | 'int8'

/** Array that holds the elements of a tensor in host memory: one kind of array for each element type. */
export type Elements = Float32Array | Int32Array | Int8Array

/** Dimensions of a tensor. All of them are known when the program is built. */
export type Shape = readonly number[]

/** Number format of 16 bits. */
export type NarrowFormat = 'float16' | 'bfloat16'

/** Tensor in host memory, in row-major order. */
export interface HostTensor {
  readonly shape: Shape
  readonly data: Elements
  /**
   * Format of 16 bits that holds every number of the tensor, such as that of the file from which it was read. An engine may keep the
   * tensor in this format. It computes the same in float32.
   */
  readonly narrow?: NarrowFormat
}

/** Attributes of a rotary position embedding. */
export interface RopeAttributes {
  /** One frequency for each pair of elements. @units radians per position */
  readonly frequencies: readonly number[]
  /** Number of positions: they are 0 .. limit - 1. */
  readonly limit: number
  /** Rotates by the opposite angles, as the derivative does. */
  readonly back: boolean
}

/** Primitive operations and the attributes of each besides its inputs. */
export interface Attributes {
  /** An engine may set `narrow` in its own copy of a program, for an input that it keeps in this format. */
  readonly input: { readonly name: string; readonly narrow?: NarrowFormat }
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
  /** 1 where a < b, otherwise 0. */
  readonly less: Record<string, never>
  /** 1 where a = b, otherwise 0. */
  readonly equal: Record<string, never>
  /** condition != 0 ? a : b with broadcasting; inputs condition (float32), a, b. */
  readonly select: Record<string, never>

  readonly sum: { readonly axes: readonly number[]; readonly keepDims: boolean }
  readonly max: { readonly axes: readonly number[]; readonly keepDims: boolean }
  /** Softmax over the last axis. */
  readonly softmax: Record<string, never>
  /** [..., m, k] x [..., k, n] -> [..., m, n]; the leading axes broadcast. */
  readonly matmul: Record<string, never>

  readonly reshape: { readonly shape: Shape }
  readonly transpose: { readonly permutation: readonly number[] }
  readonly broadcast: { readonly shape: Shape }
  readonly slice: { readonly starts: readonly number[]; readonly sizes: readonly number[] }
  readonly concat: { readonly axis: number }
  /** Adds zeros before and after the elements of each axis. */
  readonly pad: { readonly before: readonly number[]; readonly after: readonly number[] }

  /** Rows of a table by their ids: table [N, ...row], ids [...] (int32) -> [...ids, ...row]. */
  readonly gather: Record<string, never>
  /**
   * Adds the rows updates [...ids, ...row] to zeros [rows, ...row] at ids; rows of equal ids are summed. Inputs ids,
   * updates.
   */
  readonly scatterAdd: { readonly rows: number }
  /** ids [...] (int32) -> float32 [..., depth]. */
  readonly oneHot: { readonly depth: number }

  /** x / sqrt(mean x^2 + epsilon) * weight over the last axis; inputs x, weight. */
  readonly rmsNorm: { readonly epsilon: number }
  /** 1 / sqrt(mean x^2 + epsilon) over the last axis, which is kept with size 1. */
  readonly inverseRms: { readonly epsilon: number }
  /** gate / (1 + e^-gate) * up; inputs gate, up. */
  readonly swiglu: Record<string, never>
  /**
   * Rotates the D / 2 pairs of x [B, H, T, D] by position * frequency; positions [B, T] or [1, T] (int32) are below
   * `limit`.
   */
  readonly rope: RopeAttributes
  /**
   * Attention of every position to itself, to the positions before it and to a prefix; inputs q [B, H, T, D], k and v
   * [B, K, P + T, D], lengths [B]. `block` is the number of queries in one product.
   */
  readonly causalAttention: { readonly block: number }
  /** Writes entry [B, K, 1, D] into cache [B, K, L, D] at positions [B] (int32) of the third axis. */
  readonly writeCache: Record<string, never>
  /** Attention of one query per row to the cache before its position and to its own key and value. */
  readonly cachedAttention: Record<string, never>
  /** x [n, in] times weight [in, out] (int8), whose columns are scaled by scale [out]; inputs x, weight, scale. */
  readonly quantizedMatmul: Record<string, never>
  /**
   * Log-probability and entropy of tokens from hidden [n, width], weight [V, width], targets [n], `block` rows of
   * weight at once.
   */
  readonly tokenStatistics: { readonly block: number }

  readonly cast: { readonly dtype: Exclude<DType, 'int8'> }
  /** Identity with a derivative of zero. */
  readonly stopGradient: Record<string, never>
}

/** Name of a primitive operation. */
export type Primitive = keyof Attributes

/** Value of a program. It is immutable data, and every use of the value refers to the same object. */
export interface Node<K extends Primitive = Primitive> {
  readonly op: K
  readonly inputs: readonly Node[]
  readonly attributes: Attributes[K]
  readonly shape: Shape
  readonly dtype: DType
}

/** Computation with named inputs and outputs. The nodes between them are reachable from the outputs. */
export interface Program {
  /** Name for messages and traces. */
  readonly name: string
  readonly inputs: ReadonlyMap<string, Node<'input'>>
  readonly outputs: ReadonlyMap<string, Node>
}

/** Returns whether a node is of one operation, and narrows its type. */
export const isOp = <K extends Primitive>(node: Node, op: K): node is Node<K> => node.op === op
