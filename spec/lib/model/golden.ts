import { constant } from '#lib/compute/operation/index.js'
import type { Node } from '#lib/compute/program/node.js'
import type { DecoderConfig } from '#lib/model/decoder-config.js'
import { type WeightMap, weightShapes } from '#lib/model/weights.js'
import type { SequenceShape } from '#lib/model/program/sequence.js'
import json from '../../golden/decoder.json' with { type: 'json' }
import { type ReferenceTensor, sizeOf } from '../compute/reference/tensor.js'

/** Output of bench/reference/decoder.py: two PPO-clip and AdamW steps of a small model. Matrices are [B, T], flat. */
interface Golden {
  readonly config: DecoderConfig
  readonly shape: readonly [B: number, T: number]
  readonly tokens: readonly number[]
  readonly targets: readonly number[]
  readonly mask: readonly number[]
  readonly advantages: readonly number[]
  readonly oldLogprobs: readonly number[]
  readonly logits: readonly number[]
  readonly logprob: readonly number[]
  readonly entropy: readonly number[]
  readonly s: readonly number[]
  readonly expectedS: readonly number[]
  readonly squares: readonly number[]
  readonly steps: readonly [Step & { readonly gradients: Readonly<Record<string, readonly number[]>> }, Step]
  /** Some of the weights after both steps. */
  readonly after: Readonly<Record<string, readonly number[]>>
}

interface Step {
  readonly loss: number
  /** Gradient norms before clipping. */
  readonly norm: number
  readonly clipFraction: number
  readonly kl: number
}

export const golden = json as unknown as Golden

export const floats = (shape: readonly number[], data: Iterable<number>): ReferenceTensor => ({
  shape,
  data: Float64Array.from(data),
})
export const ints = (shape: readonly number[], data: Iterable<number>): ReferenceTensor => ({
  shape,
  data: Int32Array.from(data),
})

/** Rows of the batch from `from` on as inputs of a program. The first token of each row is its prompt. */
export const goldenShape = (rows = golden.shape[0]): SequenceShape => ({
  prompts: rows,
  promptLength: 1,
  rows,
  length: golden.shape[1],
})
export const goldenSequences = (from = 0, rows = golden.shape[0]): Record<string, ReferenceTensor> => {
  const T = golden.shape[1]
  const places = Array.from({ length: rows }, (_, row) => row)
  return {
    prompts: ints(
      [rows, 1],
      places.map((row) => golden.tokens[(from + row) * T]!),
    ),
    targets: ints([rows, T], golden.targets.slice(from * T, (from + rows) * T)),
    prompt: ints([rows], places),
    lengths: ints(
      [rows],
      places.map(() => 1),
    ),
  }
}

/** Identity matrix: as the weight of a head, it returns its input as logits. */
export const identity = (size: number): Node =>
  constant(
    Float32Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0)),
    [size, size],
  )

/** Weights of the script: element i of the n-th is 0.2 sin(1 + n + 0.7 i), norms 1 + that. */
export const formulaWeights = (config: DecoderConfig): WeightMap<ReferenceTensor> =>
  new Map(
    [...weightShapes(config)].map(([name, shape], n) => {
      const value = (i: number) => (name.includes('norm') ? 1 : 0) + 0.2 * Math.sin(1 + n + 0.7 * i)
      return [
        name,
        floats(
          shape,
          Float64Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
        ),
      ]
    }),
  )

export const goldenWeights = formulaWeights(golden.config)

/** Returns tensors as a feed, with a prefix for programs that take several sets. */
export const feedOf = (tensors: WeightMap<ReferenceTensor>, prefix = ''): Record<string, ReferenceTensor> =>
  Object.fromEntries([...tensors].map(([name, tensor]) => [prefix + name, tensor]))
