import * as t from 'io-ts'
import { positive, size } from '../checkpoint/fields.js'
import { withOptional } from '../codec/with-optional.js'
import { type LoraConfig, LoraConfigCodec } from './lora/lora.js'

/**
 * A decoder of the Qwen and Llama families: its sizes, and what tells the families apart. What is optional is as in Qwen3
 * with a tied head unless given.
 */
export interface DecoderConfig {
  readonly vocabulary: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Key and value heads; each serves heads / kvHeads query heads. */
  readonly kvHeads: number
  readonly headWidth: number
  /** Inner width of the SwiGLU feed-forward. */
  readonly feedForward: number
  readonly ropeTheta: number
  readonly normEpsilon: number
  /** Whether queries and keys are normalised, each head by itself (Qwen3): they are unless told otherwise. */
  readonly headNorms?: boolean
  /** Whether the projections to queries, keys and values have a bias (Qwen2.5): none unless told. */
  readonly attentionBias?: boolean
  /** Whether the embedding is the head, too: it is unless told otherwise. */
  readonly tiedHead?: boolean
  /** How long turns are slowed down; none are unless given. */
  readonly ropeScaling?: RopeScaling
  /** Adapters, which are trained while all else is frozen. */
  readonly lora?: LoraConfig
}

/** How Llama 3.1 was stretched to sequences longer than it was trained on at first. */
export interface RopeScaling {
  readonly kind: 'llama3'
  /** By how much the longest turns are slowed down. */
  readonly factor: number
  /** A turn that fits fewer times than `low` into the original length is slowed down, more than `high` times it is not. */
  readonly low: number
  readonly high: number
  /** @units positions */
  readonly originalLength: number
}

const RopeScalingCodec: t.Type<RopeScaling> = t.refinement(
  t.readonly(
    t.type({ kind: t.literal('llama3'), factor: positive, low: positive, high: positive, originalLength: size }),
  ),
  ({ low, high }) => low < high,
  'rope scaling with low below high',
)

const SizesCodec = t.readonly(
  t.type({
    vocabulary: size,
    width: size,
    layers: size,
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
  ropeScaling: RopeScalingCodec,
  lora: LoraConfigCodec,
}

/** As it is stored in a checkpoint's metadata. */
export const DecoderConfigCodec: t.Type<DecoderConfig> = t.refinement(
  withOptional(SizesCodec, optional) as t.Type<DecoderConfig>,
  ({ heads, kvHeads, headWidth }) => heads % kvHeads === 0 && headWidth % 2 === 0,
  'decoder sizes with heads a multiple of kvHeads and an even headWidth',
)
