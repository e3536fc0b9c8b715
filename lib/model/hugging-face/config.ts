import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { decodeFields, isGiven, nothing, oneOf, optional, positive, size, sizeUpTo } from '../../checkpoint/fields.js'
import { limits } from '../../checkpoint/limits.js'
import type { StoredFloat } from '../../checkpoint/safetensors.js'
import { type DecoderConfig, everyLayer } from '../decoder-config.js'
import { encodeRopeScaling, ropeFields, ropeScalingOf, ropeThetaOf } from './rope-parameters.js'

/** Contents of a `config.json`: the decoder configuration, and the number format of the stored weights. */
export interface HuggingFaceConfig {
  readonly decoder: DecoderConfig
  readonly float: StoredFloat
}

/** Features of a family, and the values of fields that a file leaves out. */
interface Family {
  readonly headNorms: boolean
  readonly attentionBias: boolean
  /** Number of key and value heads; null stands for the number of heads. */
  readonly kvHeads: number | null
  /** Size of a head; null stands for the width divided by the number of heads. */
  readonly headWidth: number | null
  readonly ropeTheta: number
  readonly tiedHead: boolean
  /** Class in transformers. */
  readonly model: string
}

const plain = {
  headNorms: false,
  attentionBias: false,
  kvHeads: null,
  headWidth: null,
  ropeTheta: 10_000,
  tiedHead: false,
} as const

/** Features per model_type, its class in transformers, and the defaults of transformers for fields that are left out. */
const families = {
  qwen3: { ...plain, headNorms: true, kvHeads: 32, headWidth: 128, model: 'Qwen3ForCausalLM' },
  qwen2: { ...plain, attentionBias: true, kvHeads: 32, model: 'Qwen2ForCausalLM' },
  llama: { ...plain, model: 'LlamaForCausalLM' },
  mistral: { ...plain, kvHeads: 8, model: 'MistralForCausalLM' },
  smollm3: { ...plain, kvHeads: 4, ropeTheta: 2_000_000, tiedHead: true, model: 'SmolLM3ForCausalLM' },
} as const satisfies Record<string, Family>

/** Number formats: their names in `config.json` and in safetensors. */
const floats = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  // Weights are float32 in memory, so nothing is lost when such a model is written with 32 bits.
  float64: 'F32',
} as const
const floatNames = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const

/** Names of the activation x sigmoid(x) in transformers. */
const activations = { silu: null, swish: null } as const

const FlagCodec = t.union([t.literal(0), t.literal(1), t.boolean], '0 or 1')

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
    ...ropeFields,

    // Features that are not supported: each must have the value that turns it off.
    hidden_act: optional(oneOf(activations)),
    attention_bias: optional(t.literal(false)),
    mlp_bias: optional(t.literal(false)),
    partial_rotary_factor: optional(t.literal(1)),
    layer_types: optional(t.array(t.literal('full_attention'))),
    use_sliding_window: optional(t.boolean),
    sliding_window: optional(sizeUpTo(limits.positions)),
    max_window_layers: optional(t.number),
    max_position_embeddings: optional(size),
    /** Per layer of SmolLM3: 1 if its queries and keys are rotated, 0 if not. */
    no_rope_layers: optional(t.array(FlagCodec, 'a list of 0 and 1')),
    /** Without `no_rope_layers`, every layer with this number does not rotate. */
    no_rope_layer_interval: optional(size),
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
    E.chainFirst((config) => checkWindow(config, file)),
    E.bindTo('config'),
    E.bind('noRopeLayers', ({ config }) => noRopeLayersOf(config, file)),
    E.bind('ropeScaling', ({ config }) => ropeScalingOf(config, file)),
    E.map(({ config, noRopeLayers, ropeScaling }) => ({
      decoder: {
        ...sizesOf(config),
        ...(noRopeLayers.length === 0 ? {} : { noRopeLayers }),
        ...(ropeScaling === null ? {} : { ropeScaling }),
      },
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

const configError = (where: string, found: string | number, expected: string) =>
  new CheckpointError(where, String(found), expected)

/** Checks that all layers attend to the whole sequence. @errors CheckpointError that names the field of the sliding window */
const checkWindow = (config: Config, file: string): E.Either<CheckpointError, void> => {
  if (config.model_type === 'mistral') return checkMistralWindow(config, file)
  const { use_sliding_window, sliding_window, layer_types, max_window_layers: from = 28 } = config
  // The codec of layer_types accepts full attention only.
  if (use_sliding_window !== true || sliding_window === null || Array.isArray(layer_types)) return E.right(undefined)
  const fail = (found: string) =>
    E.left(configError(`${file}, use_sliding_window`, found, 'false: there is no sliding window here'))
  if (config.model_type === 'smollm3')
    return isGiven(sliding_window) ? fail('true for the layers without rotary positions') : E.right(undefined)
  // In transformers, layers below max_window_layers have no window.
  return (from ?? 28) >= config.num_hidden_layers ? E.right(undefined) : fail(`true from layer ${from ?? 28} on`)
}

/** Defaults of transformers for a Mistral that leaves out its window and its context. @units tokens */
const mistral = { window: 4096, context: 131_072 } as const

/** Checks the window of a Mistral, which has no field that turns it off. A window as long as the context hides no token. */
const checkMistralWindow = (config: Config, file: string): E.Either<CheckpointError, void> => {
  const window = config.sliding_window === undefined ? mistral.window : config.sliding_window
  const context = config.max_position_embeddings ?? mistral.context
  if (window === null || window >= context) return E.right(undefined)
  const found = config.sliding_window === undefined ? `nothing, which is a window of ${window} tokens` : String(window)
  return E.left(
    configError(
      `${file}, sliding_window`,
      found,
      `null, or at least the ${context} of max_position_embeddings: there is no sliding window here`,
    ),
  )
}

/** Number of the layers of which one does not rotate, where a SmolLM3 leaves it out. */
const NO_ROPE_INTERVAL = 4

/** Returns the indices of the layers without rotary positions, which only SmolLM3 has. @errors CheckpointError for a list that is too short */
const noRopeLayersOf = (config: Config, file: string): E.Either<CheckpointError, readonly number[]> => {
  if (config.model_type !== 'smollm3') return E.right([])
  const { num_hidden_layers: layers, no_rope_layers: rotates, no_rope_layer_interval: interval } = config
  if (!isGiven(rotates)) return E.right(everyLayer(interval ?? NO_ROPE_INTERVAL, layers))
  return rotates.length < layers
    ? E.left(configError(`${file}, no_rope_layers`, `${rotates.length} numbers`, `${layers}, one per layer`))
    : E.right(rotates.slice(0, layers).flatMap((rotated, layer) => (Boolean(rotated) ? [] : [layer])))
}

const sizesOf = (config: Config): DecoderConfig => {
  const { headNorms, attentionBias, kvHeads, headWidth, ropeTheta, tiedHead }: Family = families[config.model_type]
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
    ropeTheta: ropeThetaOf(config) ?? ropeTheta,
    normEpsilon: config.rms_norm_eps ?? 1e-6,
    headNorms,
    attentionBias,
    tiedHead: config.tie_word_embeddings ?? tiedHead,
  }
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
  const { headNorms = true, attentionBias = false, tiedHead = true, noRopeLayers = [] } = decoder
  const features = [
    ...(headNorms ? ['norms of queries and keys'] : []),
    ...(attentionBias ? ['biases of queries, keys and values'] : []),
    ...(noRopeLayers.length > 0 ? ['layers without rotary positions'] : []),
  ]
  if (features.length > 1)
    return E.left(configError(file, features.join(' and '), 'a network of Qwen3, Qwen2, Llama or SmolLM3'))
  const family = headNorms ? 'qwen3' : attentionBias ? 'qwen2' : noRopeLayers.length > 0 ? 'smollm3' : 'llama'
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
    ...(noRopeLayers.length === 0 ? {} : noRopeFields(noRopeLayers, decoder.layers)),
    rope_theta: decoder.ropeTheta,
    ...encodeRopeScaling(decoder.ropeScaling),
    // The decoder has no tokens that begin or end a text. Without null, transformers would use defaults.
    bos_token_id: null,
    eos_token_id: null,
    dtype: floatNames[float],
    torch_dtype: floatNames[float],
  })
}

const noRopeFields = (noRopeLayers: readonly number[], layers: number) => ({
  no_rope_layers: Array.from({ length: layers }, (_, layer) => (noRopeLayers.includes(layer) ? 0 : 1)),
  // transformers takes this token from its defaults, and refuses one outside the vocabulary.
  pad_token_id: null,
})

/** Returns a `config.json` with another number format of the weights, in the field that the file already uses for it. */
export const withFloat = (
  json: Readonly<Record<string, unknown>>,
  float: StoredFloat,
): Readonly<Record<string, unknown>> => ({
  ...json,
  ...('torch_dtype' in json ? { torch_dtype: floatNames[float] } : {}),
  ...('dtype' in json || !('torch_dtype' in json) ? { dtype: floatNames[float] } : {}),
})
