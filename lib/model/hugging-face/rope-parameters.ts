import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { decodeFields, isGiven, oneOf, optional, positive, sizeUpTo } from '../../checkpoint/fields.js'
import { limits } from '../../checkpoint/limits.js'
import type { RopeScaling } from '../decoder-config.js'

const ropeType = oneOf({ default: null, llama3: null })
const RopeCodec = t.type({
  rope_type: optional(ropeType),
  /** Name of `rope_type` in older files. */
  type: optional(ropeType),
  rope_theta: optional(positive),
  partial_rotary_factor: optional(t.literal(1)),
})
const Llama3Codec = t.refinement(
  t.type({
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_max_position_embeddings: sizeUpTo(limits.positions),
  }),
  ({ low_freq_factor: low, high_freq_factor: high }) => low < high,
  'low_freq_factor below high_freq_factor',
)

/** Fields of a `config.json` about the rotary embedding. */
export const ropeFields = {
  rope_parameters: optional(RopeCodec),
  /** Names of `rope_parameters` and its `rope_theta` in older files. */
  rope_scaling: optional(RopeCodec),
  rope_theta: optional(positive),
  /** Value that transformers prefers to the one of `rope_parameters`. */
  original_max_position_embeddings: optional(sizeUpTo(limits.positions)),
}

type RopeConfig = t.TypeOf<t.TypeC<typeof ropeFields>>

/** Returns the base of the rotary frequencies; nothing if the file leaves it out. */
export const ropeThetaOf = (config: RopeConfig): number | null | undefined =>
  ropeOf(config)?.rope_theta ?? config.rope_theta

/** Returns the parameters of the rotary embedding. transformers ignores an empty `rope_scaling`. */
const ropeOf = ({ rope_scaling, rope_parameters }: RopeConfig) =>
  Object.values(rope_scaling ?? {}).some(isGiven) ? rope_scaling : rope_parameters

/**
 * Returns the scaling of the rotary frequencies; null for none.
 *
 * @errors CheckpointError that names the field, also for parameters of one type of layers
 */
export const ropeScalingOf = (config: RopeConfig, file: string): E.Either<CheckpointError, RopeScaling | null> => {
  const rope = ropeOf(config)
  const field = rope === config.rope_scaling ? 'rope_scaling' : 'rope_parameters'
  const nested = Object.entries<unknown>(rope ?? {}).find(([, value]) => typeof value === 'object' && value !== null)
  if (nested !== undefined)
    return E.left(
      new CheckpointError(
        `${file}, ${field}.${nested[0]}`,
        'parameters of one type of layers',
        'one set of parameters for all layers',
      ),
    )
  if ((rope?.rope_type ?? rope?.type ?? 'default') === 'default') return E.right(null)
  const { original_max_position_embeddings: originalLength } = config
  return pipe(
    decodeFields(
      Llama3Codec,
      isGiven(originalLength) ? { ...rope, original_max_position_embeddings: originalLength } : rope,
      file,
      [field],
    ),
    E.map((llama3) => ({
      kind: 'llama3',
      factor: llama3.factor,
      low: llama3.low_freq_factor,
      high: llama3.high_freq_factor,
      originalLength: llama3.original_max_position_embeddings,
    })),
  )
}

/** Returns the fields of a `config.json` about the scaling of the rotary frequencies. */
export const encodeRopeScaling = (scaling: RopeScaling | undefined) =>
  scaling === undefined
    ? { rope_scaling: null }
    : {
        max_position_embeddings: scaling.factor * scaling.originalLength,
        rope_scaling: {
          rope_type: 'llama3',
          factor: scaling.factor,
          low_freq_factor: scaling.low,
          high_freq_factor: scaling.high,
          original_max_position_embeddings: scaling.originalLength,
        },
      }
