import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import type { DecoderConfig } from '#lib/model/decoder-config.js'
import { decodeConfig, encodeConfig, withFloat } from '#lib/model/hugging-face/config.js'

/** Network fields of config.json of Qwen3-0.6B, Qwen2.5-0.5B-Instruct and Llama-3.2-1B-Instruct. */
const qwen3 = {
  ...{
    architectures: ['Qwen3ForCausalLM'],
    attention_bias: false,
    head_dim: 128,
    hidden_act: 'silu',
    hidden_size: 1024,
  },
  ...{ intermediate_size: 3072, max_position_embeddings: 40960, max_window_layers: 28, model_type: 'qwen3' },
  ...{ num_attention_heads: 16, num_hidden_layers: 28, num_key_value_heads: 8, rms_norm_eps: 1e-6, rope_scaling: null },
  ...{ rope_theta: 1000000, sliding_window: null, tie_word_embeddings: true, torch_dtype: 'bfloat16' },
  ...{ use_sliding_window: false, vocab_size: 151936 },
}
const qwen2 = {
  ...{ architectures: ['Qwen2ForCausalLM'], hidden_act: 'silu', hidden_size: 896, intermediate_size: 4864 },
  ...{ max_window_layers: 21, model_type: 'qwen2', num_attention_heads: 14, num_hidden_layers: 24 },
  ...{ num_key_value_heads: 2, rms_norm_eps: 1e-6, rope_theta: 1000000, sliding_window: 32768 },
  ...{ tie_word_embeddings: true, torch_dtype: 'bfloat16', use_sliding_window: false, vocab_size: 151936 },
}
const scaling = {
  ...{ factor: 32, high_freq_factor: 4, low_freq_factor: 1, original_max_position_embeddings: 8192 },
  rope_type: 'llama3',
}
const llama = {
  ...{ attention_bias: false, head_dim: 64, hidden_act: 'silu', hidden_size: 2048, intermediate_size: 8192 },
  ...{ mlp_bias: false, model_type: 'llama', num_attention_heads: 32, num_hidden_layers: 16, num_key_value_heads: 8 },
  ...{ pretraining_tp: 1, rms_norm_eps: 1e-5, rope_scaling: scaling, rope_theta: 500000, tie_word_embeddings: true },
  ...{ torch_dtype: 'float16', vocab_size: 128256 },
}

/** Network fields of config.json of Mistral-7B-Instruct-v0.3 and SmolLM3-3B. */
const mistral = {
  ...{ architectures: ['MistralForCausalLM'], attention_dropout: 0, bos_token_id: 1, eos_token_id: 2 },
  ...{ hidden_act: 'silu', hidden_size: 4096, intermediate_size: 14336, max_position_embeddings: 32768 },
  ...{ model_type: 'mistral', num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 8 },
  ...{ rms_norm_eps: 1e-5, rope_theta: 1000000, sliding_window: null, tie_word_embeddings: false },
  ...{ torch_dtype: 'bfloat16', vocab_size: 32768 },
}
const smollm3 = {
  ...{ architectures: ['SmolLM3ForCausalLM'], attention_bias: false, hidden_act: 'silu', hidden_size: 2048 },
  ...{ intermediate_size: 11008, max_position_embeddings: 65536, max_window_layers: 28, mlp_bias: false },
  ...{ model_type: 'smollm3', no_rope_layer_interval: 4, num_attention_heads: 16, num_hidden_layers: 8 },
  ...{ no_rope_layers: [1, 1, 1, 0, 1, 1, 1, 0], num_key_value_heads: 4, rms_norm_eps: 1e-6, rope_scaling: null },
  ...{ rope_theta: 5000000, sliding_window: null, torch_dtype: 'bfloat16', use_sliding_window: false },
  ...{ vocab_size: 128256 },
}

const read = (json: unknown) => {
  const found = decodeConfig(json, 'f')
  if (E.isLeft(found)) throw found.left
  return found.right
}

const problem = (json: unknown): string => {
  const found = decodeConfig(json, 'f')
  if (E.isRight(found)) throw new Error('decoded')
  return found.left.message
}

describe('config.json', () => {
  it('of a Qwen3', () => {
    expect(read(qwen3)).toEqual({
      decoder: {
        ...{ vocabulary: 151936, width: 1024, layers: 28, heads: 16, kvHeads: 8, headWidth: 128, feedForward: 3072 },
        ...{ ropeTheta: 1e6, normEpsilon: 1e-6, headNorms: true, attentionBias: false, tiedHead: true },
      },
      float: 'BF16',
    })
  })

  it('of a Qwen2.5', () => {
    expect(read(qwen2)).toEqual({
      decoder: {
        ...{ vocabulary: 151936, width: 896, layers: 24, heads: 14, kvHeads: 2, headWidth: 64, feedForward: 4864 },
        ...{ ropeTheta: 1e6, normEpsilon: 1e-6, headNorms: false, attentionBias: true, tiedHead: true },
      },
      float: 'BF16',
    })
  })

  it('of a Llama 3.2', () => {
    expect(read(llama)).toEqual({
      decoder: {
        ...{ vocabulary: 128256, width: 2048, layers: 16, heads: 32, kvHeads: 8, headWidth: 64, feedForward: 8192 },
        ...{ ropeTheta: 5e5, normEpsilon: 1e-5, headNorms: false, attentionBias: false, tiedHead: true },
        ropeScaling: { kind: 'llama3', factor: 32, low: 1, high: 4, originalLength: 8192 },
      },
      float: 'F16',
    })
  })

  it('of a Mistral', () => {
    expect(read(mistral)).toEqual({
      decoder: {
        ...{ vocabulary: 32768, width: 4096, layers: 32, heads: 32, kvHeads: 8, headWidth: 128, feedForward: 14336 },
        ...{ ropeTheta: 1e6, normEpsilon: 1e-5, headNorms: false, attentionBias: false, tiedHead: false },
      },
      float: 'BF16',
    })
    // Mistral Nemo has heads that are narrower than its width divided by their number.
    expect(read({ ...mistral, hidden_size: 5120, head_dim: 128 }).decoder).toMatchObject({
      width: 5120,
      headWidth: 128,
    })
  })

  it('of a SmolLM3', () => {
    expect(read(smollm3)).toEqual({
      decoder: {
        ...{ vocabulary: 128256, width: 2048, layers: 8, heads: 16, kvHeads: 4, headWidth: 128, feedForward: 11008 },
        ...{ ropeTheta: 5e6, normEpsilon: 1e-6, headNorms: false, attentionBias: false, tiedHead: true },
        noRopeLayers: [3, 7],
      },
      float: 'BF16',
    })
  })

  it.each<[string, object, readonly number[] | undefined]>([
    ['by their interval', { no_rope_layers: null, no_rope_layer_interval: 3 }, [2, 5]],
    ['by the interval of transformers', { no_rope_layers: undefined, no_rope_layer_interval: undefined }, [3, 7]],
    ['all', { no_rope_layers: undefined, no_rope_layer_interval: 1 }, [0, 1, 2, 3, 4, 5, 6, 7]],
    [
      'none, as the interval is longer than the network',
      { no_rope_layers: null, no_rope_layer_interval: 9 },
      undefined,
    ],
    ['none of a list', { no_rope_layers: [1, 1, 1, 1, 1, 1, 1, 1] }, undefined],
    ['by a list that is longer than the network', { no_rope_layers: [0, 1, 1, 1, 1, 1, 1, 1, 0, 0] }, [0]],
    ['by true and false', { no_rope_layers: [true, false, true, true, true, true, true, true] }, [1]],
  ])('of a SmolLM3 names the layers without rotary positions: %s', (_, change, noRopeLayers) => {
    expect(read({ ...smollm3, ...change }).decoder.noRopeLayers).toEqual(noRopeLayers)
  })

  it('of a Llama ignores those fields, as transformers does', () => {
    expect(read({ ...llama, no_rope_layer_interval: 2, no_rope_layers: [0] })).toEqual(read(llama))
  })

  it.each(['silu', 'swish'])('may name the activation %s', (hidden_act) => {
    expect(read({ ...qwen3, hidden_act })).toEqual(read(qwen3))
  })

  it('may store weights of 64 bits, which are float32 in memory', () => {
    expect(read({ ...llama, torch_dtype: 'float64' }).float).toBe('F32')
    expect(read({ ...llama, torch_dtype: undefined, dtype: 'float64' }).float).toBe('F32')
  })

  it.each<[string, object, string]>([
    [
      'a window',
      { sliding_window: 4096 },
      'found 4096, expected null, or at least the 32768 of max_position_embeddings',
    ],
    [
      'no field of its window',
      { sliding_window: undefined },
      'found nothing, which is a window of 4096 tokens, expected null, or at least the 32768 of max_position_embeddings',
    ],
    [
      'neither window nor context',
      { sliding_window: undefined, max_position_embeddings: undefined },
      'found nothing, which is a window of 4096 tokens, expected null, or at least the 131072 of max_position_embeddings',
    ],
    [
      'layers said to have full attention, which transformers ignores',
      { sliding_window: 8, layer_types: ['full_attention'] },
      'found 8, expected null, or at least the 32768 of max_position_embeddings',
    ],
  ])('of a Mistral is rejected with %s', (_, change, message) => {
    const found = problem({ ...mistral, ...change })
    expect(found).toBe(`f, sliding_window: ${message}: there is no sliding window here`)
  })

  it.each([
    ['as long as the context', { sliding_window: 32768 }],
    ['longer than the context', { sliding_window: 4096, max_position_embeddings: 2048 }],
    ['that another field turns off, which transformers ignores', { use_sliding_window: false }],
  ])('of a Mistral may have a window %s', (_, change) => {
    expect(read({ ...mistral, ...change })).toEqual(read(mistral))
  })

  it.each<[string, object, string]>([
    [
      'a window of the layers without rotary positions',
      { use_sliding_window: true, sliding_window: 8 },
      'use_sliding_window: found true for the layers without rotary positions, expected false: there is no sliding window here',
    ],
    ['too short a list', { no_rope_layers: [1, 0] }, 'no_rope_layers: found 2 numbers, expected 8, one per layer'],
    ['a wrong list', { no_rope_layers: [1, 2] }, 'no_rope_layers.1: found 2, expected 0 or 1'],
    ['no interval', { no_rope_layer_interval: 0 }, 'no_rope_layer_interval: found 0, expected positive integer'],
  ])('of a SmolLM3 is rejected with %s', (_, change, message) => {
    expect(problem({ ...smollm3, ...change })).toBe(`f, ${message}`)
  })

  it('may use the field names of transformers 5', () => {
    const { rope_scaling, rope_theta, torch_dtype, ...rest } = llama
    expect(read({ ...rest, rope_parameters: { ...rope_scaling, rope_theta }, dtype: torch_dtype })).toEqual(read(llama))
    const { rope_theta: theta, ...plain } = qwen3
    expect(read({ ...plain, rope_parameters: { rope_type: 'default', rope_theta: theta } })).toEqual(read(qwen3))
  })

  it('has the defaults of transformers', () => {
    const sizes = {
      vocab_size: 9,
      hidden_size: 64,
      intermediate_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 32,
    }
    const silent = (model_type: string) => read({ ...sizes, model_type }).decoder
    const assumed = { ropeTheta: 10_000, normEpsilon: 1e-6, tiedHead: false, kvHeads: 32 }
    expect(silent('qwen3')).toMatchObject({ ...assumed, headWidth: 128 })
    expect(silent('qwen2')).toMatchObject({ ...assumed, headWidth: 2 })
    expect(silent('llama')).toMatchObject({ ...assumed, headWidth: 2 })
    expect(silent('smollm3')).toMatchObject({ ropeTheta: 2e6, normEpsilon: 1e-6, tiedHead: true, kvHeads: 4 })
    expect(read({ ...sizes, model_type: 'mistral', sliding_window: null }).decoder).toMatchObject({
      ...assumed,
      kvHeads: 8,
      headWidth: 2,
    })
    expect(read({ ...sizes, model_type: 'llama', num_attention_heads: 16 }).decoder.kvHeads).toBe(16)
    expect(read({ ...sizes, model_type: 'qwen2', num_key_value_heads: null }).decoder.kvHeads).toBe(32)
    expect(read({ ...sizes, model_type: 'llama' }).float).toBe('F32')
  })

  it.each<[string, object, string]>([
    [
      'another family',
      { model_type: 'gemma3' },
      'model_type: found "gemma3", expected qwen3, qwen2, llama, mistral, smollm3',
    ],
    [
      'no family',
      { model_type: undefined },
      'model_type: found nothing, expected qwen3, qwen2, llama, mistral, smollm3',
    ],
    ['no vocabulary', { vocab_size: undefined }, 'vocab_size: found nothing, expected positive integer'],
    ['half a layer', { num_hidden_layers: 1.5 }, 'num_hidden_layers: found 1.5, expected positive integer'],
    ['a text for a size', { hidden_size: '64' }, 'hidden_size: found "64", expected positive integer'],
    ['another activation', { hidden_act: 'gelu' }, 'hidden_act: found "gelu", expected silu, swish'],
    ['biases of all projections', { attention_bias: true }, 'attention_bias: found true, expected false'],
    ['biases of the feed-forward', { mlp_bias: true }, 'mlp_bias: found true, expected false'],
    [
      'quantized weights',
      { quantization_config: { bits: 4 } },
      'quantization_config: found {"bits":4}, expected nothing',
    ],
    [
      'another scaling',
      { rope_scaling: { rope_type: 'yarn', factor: 4 } },
      'rope_scaling.rope_type: found "yarn", expected default, llama3',
    ],
    [
      'another scaling in the old field',
      { rope_scaling: { type: 'linear' } },
      'rope_scaling.type: found "linear", expected default, llama3',
    ],
    [
      'an incomplete scaling',
      { rope_scaling: { ...scaling, factor: undefined } },
      'rope_scaling.factor: found nothing, expected positive number',
    ],
    ['heads that turn in part', { partial_rotary_factor: 0.5 }, 'partial_rotary_factor: found 0.5, expected 1'],
    [
      'weights of another type',
      { torch_dtype: 'float8' },
      'torch_dtype: found "float8", expected float32, float16, bfloat16, float64',
    ],
    [
      'layers with a window',
      { layer_types: ['full_attention', 'sliding_attention'] },
      'layer_types.1: found "sliding_attention", expected "full_attention"',
    ],
    [
      'a window from a layer on',
      { use_sliding_window: true, sliding_window: 512, max_window_layers: 9 },
      'use_sliding_window: found true from layer 9 on, expected false: there is no sliding window here',
    ],
    [
      'key heads that do not divide',
      { num_key_value_heads: 5 },
      'num_key_value_heads: found 5, expected a divisor of 32',
    ],
    ['heads of odd width', { head_dim: 63 }, 'head_dim: found 63, expected an even number'],
  ])('is rejected with %s', (_, change, message) => {
    expect(problem({ ...llama, ...change })).toBe(`f, ${message}`)
  })

  it('is rejected if it is not a mapping', () => {
    expect(problem([])).toBe('f: found [], expected a configuration of transformers')
    expect(problem(7)).toBe('f: found 7, expected a configuration of transformers')
  })

  it.each([
    ['is none', { use_sliding_window: true, sliding_window: null }],
    ['begins behind the last layer', { use_sliding_window: true, sliding_window: 512, max_window_layers: 16 }],
    ['is said to be of no layer', { use_sliding_window: true, sliding_window: 512, layer_types: ['full_attention'] }],
  ])('may name a window that %s', (_, change) => {
    expect(read({ ...llama, ...change })).toEqual(read(llama))
  })

  it.each<[string, object]>([
    ['Qwen3', qwen3],
    ['Qwen2.5', qwen2],
    ['Llama 3.2', llama],
    ['SmolLM3', smollm3],
  ])('of a %s survives a round trip', (_, json) => {
    const config = read(json)
    const written = encodeConfig(config, 'f')
    if (E.isLeft(written)) throw written.left
    expect(read(written.right)).toEqual(config)
    expect(written.right).toMatchObject({ model_type: (json as typeof llama).model_type, hidden_act: 'silu' })
  })

  it('of a Mistral is written as that of a Llama, whose network is the same', () => {
    const written = E.toUnion(encodeConfig(read(mistral), 'f'))
    expect(written).toMatchObject({ model_type: 'llama' })
    expect(read(written)).toEqual(read(mistral))
  })

  it('of a network with default features is a Qwen3 with a tied head', () => {
    const decoder: DecoderConfig = {
      ...{ vocabulary: 9, width: 8, layers: 1, heads: 2, kvHeads: 1, headWidth: 4, feedForward: 6 },
      ...{ ropeTheta: 10_000, normEpsilon: 1e-6 },
    }
    const written = E.getOrElseW((error) => {
      throw error
    })(encodeConfig({ decoder, float: 'F32' }, 'f'))
    expect(written).toMatchObject({ model_type: 'qwen3', tie_word_embeddings: true, dtype: 'float32' })
  })

  it('is not written for a network of no family of transformers', () => {
    const config = read(qwen3)
    const both = { ...config, decoder: { ...config.decoder, attentionBias: true } }
    expect(encodeConfig(both, 'out')).toMatchObject(
      E.left({
        message:
          'out: found norms of queries and keys and biases of queries, keys and values, ' +
          'expected a network of Qwen3, Qwen2, Llama or SmolLM3',
      }),
    )
    const norms = { ...config, decoder: { ...config.decoder, noRopeLayers: [1] } }
    expect(encodeConfig(norms, 'out')).toMatchObject(
      E.left({ found: 'norms of queries and keys and layers without rotary positions' }),
    )
  })

  it('keeps the field name of the number format', () => {
    expect(withFloat({ torch_dtype: 'float16', x: 1 }, 'BF16')).toEqual({ torch_dtype: 'bfloat16', x: 1 })
    expect(withFloat({ dtype: 'float16' }, 'F32')).toEqual({ dtype: 'float32' })
    expect(withFloat({}, 'F16')).toEqual({ dtype: 'float16' })
  })
})

describe('sizes and rotary parameters that are not one number', () => {
  const problemIn = (json: object) => {
    const found = decodeConfig(json, 'f')
    return E.isLeft(found) ? found.left.message : 'no problem'
  }

  it.each<[string, number, number]>([
    ['num_hidden_layers', 1e6, 4096],
    ['hidden_size', 2 ** 40, 2 ** 20],
    ['intermediate_size', 1e9, 2 ** 20],
    ['num_attention_heads', 2 ** 31, 2 ** 20],
    ['head_dim', 1e7, 2 ** 20],
    ['vocab_size', 1e9, 2 ** 24],
  ])('refuses %s of %d', (field, value, most) => {
    expect(problemIn({ ...llama, [field]: value })).toBe(`f, ${field}: found ${value}, expected at most ${most}`)
  })

  it.each(['rope_parameters', 'rope_scaling'])('refuses %s for each type of layers', (field) => {
    const nested = { full_attention: { rope_type: 'default', rope_theta: 1e6 }, sliding_attention: { rope_theta: 1e4 } }
    expect(problemIn({ ...llama, rope_scaling: null, [field]: nested })).toBe(
      `f, ${field}.full_attention: found parameters of one type of layers, expected one set of parameters for all layers`,
    )
    expect(problemIn({ ...llama, rope_scaling: null, [field]: { rope_theta: 1e6, sliding_attention: {} } })).toContain(
      `f, ${field}.sliding_attention: found`,
    )
  })

  it('ignores an empty rope_scaling, as transformers does', () => {
    const both = { ...qwen3, rope_scaling: {}, rope_theta: undefined, rope_parameters: { rope_theta: 5e5 } }
    expect(read(both).decoder.ropeTheta).toBe(5e5)
  })

  it('prefers the original length beside the rotary parameters, as transformers does', () => {
    expect(read({ ...llama, original_max_position_embeddings: 4096 }).decoder.ropeScaling?.originalLength).toBe(4096)
  })
})
