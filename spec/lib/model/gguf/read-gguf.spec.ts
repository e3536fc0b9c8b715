import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { decodeGgufHeader, type GgufHeader } from '#lib/checkpoint/gguf.js'
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
