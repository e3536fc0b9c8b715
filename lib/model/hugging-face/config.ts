import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { decodeFields, nothing, oneOf, optional, positive, size, sizeUpTo } from '../../checkpoint/fields.js'
import { limits } from '../../checkpoint/limits.js'
import type { StoredFloat } from '../../checkpoint/safetensors.js'
import type { DecoderConfig, RopeScaling } from '../decoder-config.js'

/** Contents of a `config.json`: the decoder configuration, and the number format of the stored weights. */
export interface HuggingFaceConfig {
  readonly decoder: DecoderConfig
  readonly float: StoredFloat
}

/** Features per model_type, its class in transformers, and the defaults of transformers for fields that are left out. */
const families = {
  qwen3: { headNorms: true, attentionBias: false, kvHeads: 32, headWidth: 128, model: 'Qwen3ForCausalLM' },
  qwen2: { headNorms: false, attentionBias: true, kvHeads: 32, headWidth: null, model: 'Qwen2ForCausalLM' },
  llama: { headNorms: false, attentionBias: false, kvHeads: null, headWidth: null, model: 'LlamaForCausalLM' },
} as const

/** Number formats: their names in `config.json` and in safetensors. */
const floats = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const
const floatNames = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const

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

const ConfigCodec = t.type(
  {
    model_type: oneOf(families),
    vocab_size: sizeUpTo(limits.vocabulary),
    hidden_size: size,
    intermediate_size: size,
    num_hidden_layers: sizeUpTo(limits.layers),
    num_attention_heads: size,
    num_key_value_heads: optional(size),
    head_dim: optional(size),
    rms_norm_eps: optional(positive),
    tie_word_embeddings: optional(t.boolean),
    dtype: optional(oneOf(floats)),
    /** Name of `dtype` in older files. */
    torch_dtype: optional(oneOf(floats)),
    rope_parameters: optional(RopeCodec),
    /** Names of `rope_parameters` and its `rope_theta` in older files. */
    rope_scaling: optional(RopeCodec),
    rope_theta: optional(positive),
    /** Value that transformers prefers to the one of `rope_parameters`. */
    original_max_position_embeddings: optional(sizeUpTo(limits.positions)),

    // Features that are not supported: each must have the value that turns it off.
    hidden_act: optional(t.literal('silu')),
    attention_bias: optional(t.literal(false)),
    mlp_bias: optional(t.literal(false)),
    partial_rotary_factor: optional(t.literal(1)),
    layer_types: optional(t.array(t.literal('full_attention'))),
    use_sliding_window: optional(t.boolean),
    sliding_window: optional(sizeUpTo(limits.positions)),
    max_window_layers: optional(t.number),
    quantization_config: nothing,
  },
  'a configuration of transformers',
)

type Config = t.TypeOf<typeof ConfigCodec>

/**
 * Decodes a `config.json`. `file` is the place that errors name.
 *
 * @errors CheckpointError that names the field, also for a feature that is not supported
 */
export const decodeConfig = (json: unknown, file: string): E.Either<CheckpointError, HuggingFaceConfig> =>
  pipe(
    decodeFields(ConfigCodec, json, file),
    E.filterOrElse(hasFullAttention, ({ max_window_layers: from }) =>
      configError(
        `${file}, use_sliding_window`,
        `true from layer ${from ?? 28} on`,
        'false: there is no sliding window here',
      ),
    ),
    E.bindTo('config'),
    E.bind('ropeScaling', ({ config }) => scalingOf(config, file)),
    E.map(({ config, ropeScaling }) => ({
      decoder: { ...sizesOf(config), ...(ropeScaling === null ? {} : { ropeScaling }) },
      float: floats[config.dtype ?? config.torch_dtype ?? 'float32'],
    })),
    E.filterOrElse(
      ({ decoder: { heads, kvHeads } }) => heads % kvHeads === 0,
      ({ decoder: { heads, kvHeads } }) =>
        configError(`${file}, num_key_value_heads`, kvHeads, `a divisor of ${heads}`),
    ),
    E.filterOrElse(
      ({ decoder: { headWidth } }) => headWidth % 2 === 0,
      ({ decoder: { headWidth } }) => configError(`${file}, head_dim`, headWidth, 'an even number'),
    ),
  )

const isGiven = <A>(value: A | null | undefined): value is A => value !== null && value !== undefined

const configError = (where: string, found: string | number, expected: string) =>
  new CheckpointError(where, String(found), expected)

/** Returns whether all layers attend to the whole sequence. In transformers, layers below max_window_layers have no window. */
const hasFullAttention = (config: Config): boolean =>
  config.use_sliding_window !== true ||
  config.sliding_window === null ||
  // The codec of layer_types accepts full attention only.
  Array.isArray(config.layer_types) ||
  (config.max_window_layers ?? 28) >= config.num_hidden_layers

const sizesOf = (config: Config): DecoderConfig => {
  const { headNorms, attentionBias, kvHeads, headWidth } = families[config.model_type]
  const heads = config.num_attention_heads
  const isLeftOut = config.num_key_value_heads === undefined
  return {
    vocabulary: config.vocab_size,
    width: config.hidden_size,
    layers: config.num_hidden_layers,
    heads,
    kvHeads: config.num_key_value_heads ?? (isLeftOut ? kvHeads : null) ?? heads,
    headWidth: config.head_dim ?? headWidth ?? Math.floor(config.hidden_size / heads),
    feedForward: config.intermediate_size,
    ropeTheta: ropeOf(config)?.rope_theta ?? config.rope_theta ?? 10_000,
    normEpsilon: config.rms_norm_eps ?? 1e-6,
    headNorms,
    attentionBias,
    tiedHead: config.tie_word_embeddings ?? false,
  }
}

/** Returns the parameters of the rotary embedding. transformers ignores an empty `rope_scaling`. */
const ropeOf = ({ rope_scaling, rope_parameters }: Config) =>
  Object.values(rope_scaling ?? {}).some(isGiven) ? rope_scaling : rope_parameters

const scalingOf = (config: Config, file: string): E.Either<CheckpointError, RopeScaling | null> => {
  const rope = ropeOf(config)
  const field = rope === config.rope_scaling ? 'rope_scaling' : 'rope_parameters'
  const nested = Object.entries<unknown>(rope ?? {}).find(([, value]) => typeof value === 'object' && value !== null)
  if (nested !== undefined)
    return E.left(
      configError(
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

/**
 * Returns the contents of a `config.json` that both major versions of transformers read.
 *
 * @errors CheckpointError for a decoder that belongs to no supported family
 */
export const encodeConfig = (
  { decoder, float }: HuggingFaceConfig,
  file: string,
): E.Either<CheckpointError, Readonly<Record<string, unknown>>> => {
  const { headNorms = true, attentionBias = false, tiedHead = true } = decoder
  if (headNorms && attentionBias)
    return E.left(configError(file, 'both norms and biases of queries and keys', 'a network of Qwen3, Qwen2 or Llama'))
  const family = headNorms ? 'qwen3' : attentionBias ? 'qwen2' : 'llama'
  return E.right({
    architectures: [families[family].model],
    model_type: family,
    vocab_size: decoder.vocabulary,
    hidden_size: decoder.width,
    intermediate_size: decoder.feedForward,
    num_hidden_layers: decoder.layers,
    num_attention_heads: decoder.heads,
    num_key_value_heads: decoder.kvHeads,
    head_dim: decoder.headWidth,
    hidden_act: 'silu',
    // Qwen2 always has these biases and no field for them.
    ...(attentionBias ? {} : { attention_bias: false }),
    rms_norm_eps: decoder.normEpsilon,
    tie_word_embeddings: tiedHead,
    rope_theta: decoder.ropeTheta,
    ...ropeScalingFields(decoder.ropeScaling),
    // The decoder has no tokens that begin or end a text. Without null, transformers would use defaults.
    bos_token_id: null,
    eos_token_id: null,
    dtype: floatNames[float],
    torch_dtype: floatNames[float],
  })
}

const ropeScalingFields = (scaling: RopeScaling | undefined) =>
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

/** Returns a `config.json` with another number format of the weights, in the field that the file already uses for it. */
export const withFloat = (
  json: Readonly<Record<string, unknown>>,
  float: StoredFloat,
): Readonly<Record<string, unknown>> => ({
  ...json,
  ...('torch_dtype' in json ? { torch_dtype: floatNames[float] } : {}),
  ...('dtype' in json || !('torch_dtype' in json) ? { dtype: floatNames[float] } : {}),
})
