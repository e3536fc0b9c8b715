import type { DecoderConfig } from '#lib/model/decoder-config.js'
import { type Parameters, parameterShapes } from '#lib/model/parameters.js'
import json from '../../golden/decoder.json' with { type: 'json' }
import { type ReferenceTensor, sizeOf } from '../compute/reference/tensor.js'

/** What bench/reference/decoder.py prints: two PPO-clip and AdamW steps of a small model. Matrices are [B, T], flat. */
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
  /** Before clipping. */
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

/** The script's weights: element i of the n-th is 0.2 sin(1 + n + 0.7 i), norms 1 + that. */
export const formulaWeights = (config: DecoderConfig): Parameters<ReferenceTensor> =>
  new Map(
    [...parameterShapes(config)].map(([name, shape], n) => {
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

/** The feed of a set of tensors, under a prefix where several sets meet. */
export const feedOf = (tensors: Parameters<ReferenceTensor>, prefix = ''): Record<string, ReferenceTensor> =>
  Object.fromEntries([...tensors].map(([name, tensor]) => [prefix + name, tensor]))
