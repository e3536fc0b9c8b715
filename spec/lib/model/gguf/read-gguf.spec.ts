import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { decodeGgufHeader, type GgufHeader, type GgufValue } from '#lib/checkpoint/gguf.js'
import { decodeGgufConfig } from '#lib/model/gguf/config.js'
import { huggingFaceName } from '#lib/model/gguf/names.js'
import { readGguf } from '#lib/model/gguf/read-gguf.js'
import { pairHalves } from '#lib/model/gguf/rope-layout.js'
import { temporaryFolder } from '../../run/temporary.js'
import { expectGoldenWeights, goldenCheckpoint } from '../golden-checkpoints.js'
import { inMemory } from '../in-memory.js'

const llama = goldenCheckpoint('llama.gguf')
const bytes = await readFile(llama)

const headerOf = (of: Uint8Array = bytes): GgufHeader => {
  const header = decodeGgufHeader(of, of.length, 'f')
  if (E.isLeft(header)) throw header.left
  return header.right!
}

const problemOf = async (file: string) => {
  const found = await readGguf(file)()
  if (E.isRight(found)) throw new Error('there was no problem')
  expect(found.left._tag).toBe('CheckpointError')
  return found.left.message
}

/** Writes a changed copy of the file. */
const changed = async (change: (file: Buffer) => Buffer) => {
  const file = join(await temporaryFolder(), 'changed.gguf')
  await writeFile(file, change(Buffer.from(bytes)))
  return file
}

describe('a GGUF file', () => {
  it('of a Llama has the weights that transformers reads: blocks of all types, queries and keys reordered', async () => {
    const read = await inMemory(readGguf(llama))
    expectGoldenWeights('llama.gguf', read)
    expect(read.config).toEqual({
      ...{ vocabulary: 8, width: 32, layers: 1, heads: 4, kvHeads: 2, headWidth: 8, feedForward: 32 },
      ...{ ropeTheta: 10_000, normEpsilon: 1e-5, headNorms: false, attentionBias: false, tiedHead: false },
    })
    expect(new Set([...headerOf().entries.values()].map(({ type }) => type.name))).toEqual(
      new Set(['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_1']),
    )
  })

  it('of a Qwen3 has the weights that transformers reads, without reordering', async () => {
    const read = await inMemory(readGguf(goldenCheckpoint('qwen3.gguf')))
    expectGoldenWeights('qwen3.gguf', read)
    expect(read.config).toMatchObject({ headNorms: true, tiedHead: true, ropeTheta: 1e6 })
  })

  it('of a Llama 3 has the scaling of its factors', async () => {
    const read = await inMemory(readGguf(goldenCheckpoint('llama3.gguf')))
    expect(read.config.ropeScaling).toEqual({ kind: 'llama3', factor: 32, low: 1, high: 4, originalLength: 8192 })
  })

  it('of a SmolLM3 has a layer without rotary positions, and queries and keys of all layers reordered', async () => {
    const read = await inMemory(readGguf(goldenCheckpoint('smollm3.gguf')))
    expectGoldenWeights('smollm3.gguf', read)
    expect(read.config).toMatchObject({
      layers: 4,
      noRopeLayers: [3],
      tiedHead: true,
      ropeTheta: 5e6,
      headNorms: false,
    })
  })

  it('of a Mistral is one of the architecture llama; numbers of 64 bits are rounded', async () => {
    const file = goldenCheckpoint('mistral.gguf')
    const read = await inMemory(readGguf(file))
    expectGoldenWeights('mistral.gguf', read)
    expect(read.config).toMatchObject({ headWidth: 8, tiedHead: false, ropeTheta: 1e6 })
    expect(headerOf(await readFile(file)).entries.get('token_embd.weight')!.type.name).toBe('F64')
  })

  it('is rejected if the factors belong to another scaling', () => {
    expect(decodeGgufConfig(headerOf(), [1, 1, 8, 8], 'f')).toMatchObject(
      E.left({ message: "f, weight rope_freqs.weight: found [1, 1, 8, 8], expected Llama 3's scaling" }),
    )
    expect(decodeGgufConfig(headerOf(), [], 'f')).toMatchObject(E.left({ found: '[]' }))
  })

  it.each<[string, string, string, string]>([
    [
      'another architecture',
      'llama',
      'gemm3',
      'general.architecture: found "gemm3", expected llama, qwen2, qwen3, smollm3',
    ],
    [
      'no size',
      'llama.block_count',
      'llama.block_caunt',
      'llama.block_count: found nothing, expected positive integer',
    ],
    [
      'a weight of another name',
      'blk.0.ffn_up.weight',
      'blk.0.ffn_it.weight',
      'weight model.layers.0.mlp.up_proj.weight: found nothing, expected float32[32, 32]',
    ],
    [
      'a superfluous weight',
      'output_norm.weight',
      'output_narm.weight',
      'weight model.norm.weight: found nothing, expected float32[32]',
    ],
    [
      'no embedding',
      'token_embd.weight',
      'token_embt.weight',
      'weight token_embd.weight: found nothing, expected the embedding',
    ],
  ])('is rejected with %s', async (_, before, after, message) => {
    const file = await changed((file) => {
      const at = file.indexOf(before)
      file.write(after, at)
      return file
    })
    expect(await problemOf(file)).toBe(`${file}, ${message}`)
  })

  it('is rejected with an unsupported block type', async () => {
    const file = await changed((file) => {
      const name = 'blk.0.attn_q.weight'
      // After the name follow the number of axes, two axes, and the type.
      file.writeUInt32LE(12, file.indexOf(name) + name.length + 4 + 16)
      return file
    })
    expect(await problemOf(file)).toBe(
      `${file}, blk.0.attn_q.weight: found a tensor of type Q4_K, expected F32, F16, Q4_0, Q4_1, Q8_0, F64, BF16`,
    )
  })

  it('is rejected if it is a file of another kind or version', async () => {
    expect(await problemOf(await changed((file) => file.fill('x', 0, 4)))).toContain('found a file of another kind')
    expect(await problemOf(await changed((file) => file.fill(1, 4, 5)))).toContain('found GGUF of version 1')
  })

  const afterKey = (file: Buffer, key: string) => file.indexOf(key) + key.length
  it.each<[string, (file: Buffer) => void, RegExp]>([
    [
      'an array of 2^60 values',
      // After the key follow the type of an array and the type of its elements.
      (file) => file.writeBigUInt64LE(2n ** 60n, afterKey(file, 'tokenizer.ggml.token_type') + 8),
      /found \d+ bytes for 1152921504606846976 values of tokenizer.ggml.token_type, expected at least/,
    ],
    [
      'a text of 2^60 bytes',
      (file) => file.writeBigUInt64LE(2n ** 60n, afterKey(file, 'general.architecture') + 4),
      /found \d+ bytes for 1152921504606846976 bytes of text/,
    ],
    ['2^63 tensors', (file) => file.writeBigUInt64LE(2n ** 63n, 8), /found \d+ bytes for 9223372036854775808 tensors/],
    ['2^40 metadata entries', (file) => file.writeBigUInt64LE(2n ** 40n, 16), /for 1099511627776 metadata entries/],
    [
      'a tensor of 2^31 axes',
      (file) => file.writeUInt32LE(2 ** 31, afterKey(file, 'blk.0.attn_q.weight')),
      /blk.0.attn_q.weight: found 2147483648 axes, expected at most 8$/,
    ],
    [
      'a million layers',
      (file) => file.writeUInt32LE(1e6, afterKey(file, 'llama.block_count') + 4),
      /llama.block_count: found 1000000, expected at most 4096$/,
    ],
    [
      'a tensor name twice',
      (file) => file.write('blk.0.attn_k.weight', file.indexOf('blk.0.attn_v.weight')),
      /blk.0.attn_k.weight: found the name twice, expected every tensor once$/,
    ],
    [
      'a key twice',
      (file) => file.write('tokenizer.ggml.tokens', file.indexOf('tokenizer.ggml.merges')),
      /tokenizer.ggml.tokens: found the key twice, expected every key once$/,
    ],
    [
      'two tensors at one place',
      // After the name follow the number of axes, two axes and the type, then the place.
      (file) => file.writeBigUInt64LE(0n, afterKey(file, 'blk.0.ffn_up.weight') + 4 + 16 + 4),
      /: found bytes from \d+, expected from \d+ or later, where the bytes of .* end$/,
    ],
    [
      'a tensor that is not aligned',
      (file) => file.writeBigUInt64LE(3n, afterKey(file, 'blk.0.ffn_up.weight') + 4 + 16 + 4),
      /blk.0.ffn_up.weight: found bytes from 3, expected a multiple of the alignment, 32$/,
    ],
  ])('is rejected with %s', async (_, change, message) => {
    const file = await changed((file) => {
      change(file)
      return file
    })
    expect(await problemOf(file)).toMatch(message)
  })

  it.each<[string, GgufValue, string]>([
    ['llama.rope.scale_linear', 4, 'expected 1'],
    ['llama.rope.scaling.factor', 2, 'expected 1 or 0'],
    ['llama.rope.scaling.type', 'linear', 'expected'],
    ['llama.rope.dimension_count', 4, 'expected 8, the size of a head'],
    ['llama.attention.head_count_kv', 3, 'expected a divisor of head_count, 4'],
    ['llama.attention.key_length', 7, 'expected an even number'],
    ['llama.attention.value_length', 16, 'expected 8, the size of a head'],
    ['llama.attention.sliding_window', 4096, 'expected 0'],
    ['llama.attention.causal', false, 'expected true'],
    ['llama.attention.scale', 0.5, 'expected 0.35'],
    ['llama.attention.clamp_kqv', 8, 'expected 0'],
    ['llama.attn_logit_softcapping', 50, 'expected 0'],
    ['llama.final_logit_softcapping', 30, 'expected 0'],
    ['llama.logit_scale', 0.0625, 'expected 1'],
    ['llama.embedding_scale', 12, 'expected 1'],
    ['llama.residual_scale', 0.22, 'expected 1'],
    ['llama.expert_count', 8, 'expected 0'],
    ['llama.pooling_type', 1, 'expected 0'],
    ['llama.attention.temperature_scale', 0.1, 'it may describe a part of a network that is not supported'],
    ['llama.a_key_of_the_future', 1, 'it may describe a part of a network that is not supported'],
    ['llama.attention.layer_norm_rms_epsilon', Infinity, 'expected positive number'],
    ['general.type', 'adapter', 'expected "model"'],
  ])('is rejected with the metadata key %s of %s', (key, value, expected) => {
    const { metadata, entries } = headerOf()
    const found = decodeGgufConfig({ entries, metadata: new Map([...metadata, [key, value]]) }, null, 'f')
    expect(E.isLeft(found) && found.left.message).toContain(`f, ${key}: found `)
    expect(E.isLeft(found) && found.left.message).toContain(expected)
  })

  it.each<[string, GgufValue]>([
    ['llama.rope.scale_linear', 1],
    ['llama.rope.scaling.type', 'none'],
    ['llama.rope.dimension_count', 8],
    ['llama.attention.scale', Math.fround(1 / Math.sqrt(8))],
    ['llama.attention.causal', true],
    ['llama.expert_count', 0],
    ['llama.tensor_data_layout', 'Meta AI original pth'],
    ['llama.context_length', 131072],
    ['qwen2.attention.sliding_window', 4096],
    ['general.quantization_version', 2],
  ])('is accepted with the metadata key %s of %s', (key, value) => {
    const { metadata, entries } = headerOf()
    expect(decodeGgufConfig({ entries, metadata: new Map([...metadata, [key, value]]) }, null, 'f')).toEqual(
      decodeGgufConfig(headerOf(), null, 'f'),
    )
  })

  it('is rejected if it is truncated at any byte', async () => {
    const file = join(await temporaryFolder(), 'cut.gguf')
    await copyFile(llama, file)
    for (let length = bytes.length - 1; length >= 0; length -= 13) {
      await truncate(file, length)
      expect(await problemOf(file)).toMatch(/found \d+ bytes/)
    }
  })

  it('is an error if it is truncated after it was opened', async () => {
    const file = await changed((file) => file)
    const opened = await readGguf(file)()
    await truncate(file, bytes.length - 100)
    await expect(inMemory(() => Promise.resolve(opened))).rejects.toThrow(/found \d+ bytes, expected at least \d+$/)
  })

  test.prop([fc.nat(bytes.length - 1), fc.nat(255)], { numRuns: 300 })(
    'has a decoder that never throws, for any wrong byte',
    (at, byte) => {
      const wrong = Buffer.from(bytes)
      wrong[at] = byte
      const header = decodeGgufHeader(wrong, wrong.length, 'f')
      if (E.isRight(header)) expect(header.right).not.toBeNull()
    },
  )

  it('has a decoder that asks for more bytes until the header is complete', () => {
    const end = Math.min(...[...headerOf().entries.values()].map(({ start }) => start))
    const decoded = (length: number) => decodeGgufHeader(bytes.subarray(0, length), bytes.length, 'f')
    expect(decoded(end)).toEqual(E.right(headerOf()))
    for (let length = 0; length < end - 32; length += 7) expect(decoded(length)).toEqual(E.right(null))
  })
})

describe('names', () => {
  it.each([
    ['token_embd.weight', 'model.embed_tokens.weight'],
    ['output.weight', 'lm_head.weight'],
    ['blk.11.attn_q.bias', 'model.layers.11.self_attn.q_proj.bias'],
    ['blk.0.attn_k_norm.weight', 'model.layers.0.self_attn.k_norm.weight'],
    ['blk.0.ffn_gate_exps.weight', 'blk.0.ffn_gate_exps.weight'],
    ['blk.0.output.weight', 'blk.0.output.weight'],
    ['toString.weight', 'toString.weight'],
  ])('%s is %s', (name, expected) => {
    expect(huggingFaceName(name)).toBe(expected)
  })
})

it('pairHalves moves neighbouring elements to the halves of each head', () => {
  const data = Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13)
  expect(pairHalves({ shape: [8, 1], data }, 2).data).toEqual(Float32Array.of(0, 2, 1, 3, 10, 12, 11, 13))
})
