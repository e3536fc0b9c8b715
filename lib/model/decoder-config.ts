import * as t from 'io-ts'
import { type LoraConfig, LoraConfigCodec } from './lora/lora.js'

/** Sizes of a decoder of the Qwen3 family. */
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
  /** Adapters, which are trained while all else is frozen. */
  readonly lora?: LoraConfig
}

const size = t.refinement(t.number, (n) => Number.isInteger(n) && n > 0, 'positive integer')
const positive = t.refinement(t.number, (x) => x > 0, 'positive number')

/** As it is stored in a checkpoint's metadata. */
export const DecoderConfigCodec: t.Type<DecoderConfig> = t.refinement(
  t.readonly(
    t.intersection([
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
      t.partial({ lora: LoraConfigCodec }),
    ]),
  ),
  ({ heads, kvHeads, headWidth }) => heads % kvHeads === 0 && headWidth % 2 === 0,
  'decoder sizes with heads a multiple of kvHeads and an even headWidth',
)
