import * as t from 'io-ts'
import { positive, size, sizeUpTo } from '../checkpoint/fields.js'
import { limits } from '../checkpoint/limits.js'
import { withOptional } from '../codec/with-optional.js'
import { type LoraConfig, LoraConfigCodec } from './lora/lora.js'

/**
 * Configuration of a decoder of the Qwen, Llama, Mistral and SmolLM families: its sizes, and the features in which the
 * families differ. The defaults of optional features are those of Qwen3 with a tied head.
 */
export interface DecoderConfig {
  /** Number of tokens, V. */
  readonly vocabulary: number
  /** Size of the hidden state. */
  readonly width: number
  readonly layers: number
  /** Number of query heads. */
  readonly heads: number
  /** Number of key and value heads; each serves heads / kvHeads query heads. */
  readonly kvHeads: number
  /** Size of a head, D. */
  readonly headWidth: number
  /** Inner width of the SwiGLU feed-forward. */
  readonly feedForward: number
  /** Base of the rotary frequencies. */
  readonly ropeTheta: number
  /** Constant added to the mean square in RMS norms. */
  readonly normEpsilon: number
  /** True if queries and keys are normalised per head, as in Qwen3 [true]. */
  readonly headNorms?: boolean
  /** True if the projections to queries, keys and values have a bias, as in Qwen2.5 [false]. */
  readonly attentionBias?: boolean
  /** True if the embedding matrix is also the output head [true]. */
  readonly tiedHead?: boolean
  /** Layers whose queries and keys are not rotated, so that they see no positions: indices in increasing order, as in SmolLM3 [none]. */
  readonly noRopeLayers?: readonly number[]
  /** Scaling of the rotary frequencies for long sequences; without it, they are not scaled. */
  readonly ropeScaling?: RopeScaling
  /** Low-rank adapters. With adapters, only they train; all other weights are frozen. */
  readonly lora?: LoraConfig
}

/** Returns the indices of every layer with this number, counted from 1: 3 and 7 of 8 layers for every fourth. */
export const everyLayer = (interval: number, layers: number): readonly number[] =>
  Array.from({ length: Math.floor(layers / interval) }, (_, i) => (i + 1) * interval - 1)

/** Scaling of rotary frequencies by which Llama 3.1 was extended to longer sequences; see {@link ropeFrequencies}. */
export interface RopeScaling {
  readonly kind: 'llama3'
  /** Divisor of the lowest frequencies. */
  readonly factor: number
  /** A frequency with fewer than `low` turns in the original length is divided by `factor`. */
  readonly low: number
  /** A frequency with more than `high` turns in the original length is not changed. */
  readonly high: number
  /** Sequence length before the extension. @units positions */
  readonly originalLength: number
}

const RopeScalingCodec: t.Type<RopeScaling> = t.refinement(
  t.readonly(
    t.type({
      kind: t.literal('llama3'),
      factor: positive,
      low: positive,
      high: positive,
      originalLength: sizeUpTo(limits.positions),
    }),
  ),
  ({ low, high }) => low < high,
  'rope scaling with low below high',
)

const LayersCodec: t.Type<readonly number[]> = t.refinement(
  t.readonlyArray(t.number),
  (layers) => layers.every((layer, i) => Number.isInteger(layer) && layer > (layers[i - 1] ?? -1)),
  'indices of layers in increasing order',
)

const SizesCodec = t.readonly(
  t.type({
    vocabulary: sizeUpTo(limits.vocabulary),
    width: size,
    layers: sizeUpTo(limits.layers),
    heads: size,
    kvHeads: size,
    headWidth: size,
    feedForward: size,
    ropeTheta: positive,
    normEpsilon: positive,
  }),
)

const optional = {
  headNorms: t.boolean,
  attentionBias: t.boolean,
  tiedHead: t.boolean,
  noRopeLayers: LayersCodec,
  ropeScaling: RopeScalingCodec,
  lora: LoraConfigCodec,
}

/** Codec of a configuration in a checkpoint's metadata. */
export const DecoderConfigCodec: t.Type<DecoderConfig> = t.refinement(
  withOptional(SizesCodec, optional) as t.Type<DecoderConfig>,
  ({ heads, kvHeads, headWidth, layers, noRopeLayers = [] }) =>
    heads % kvHeads === 0 && headWidth % 2 === 0 && (noRopeLayers.at(-1) ?? -1) < layers,
  'decoder sizes with heads a multiple of kvHeads, an even headWidth and noRopeLayers below layers',
)
