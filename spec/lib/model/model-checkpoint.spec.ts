import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { encode } from '#lib/checkpoint/safetensors.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import { decodeModel, encodeModel, type ModelCheckpoint } from '#lib/model/model-checkpoint.js'
import { initialWeights, weightShapes } from '#lib/model/weights.js'

const config = {
  vocabulary: 5,
  width: 4,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headWidth: 2,
  feedForward: 3,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
}
const weights = initialWeights(config, 1)
const checkpoint: ModelCheckpoint = { config, weights, metadata: { seed: '1', licence: 'MIT' } }
const sizes = JSON.stringify(config)

/** Encodes a model with some of its weights replaced or left out. */
const altered = (changes: Readonly<Record<string, HostTensor | undefined>>, decoder: string | undefined = sizes) => {
  const tensors = new Map<string, HostTensor>(weights)
  for (const [name, tensor] of Object.entries(changes)) {
    if (tensor === undefined) tensors.delete(name)
    else tensors.set(name, tensor)
  }
  return encode(tensors, { decoder })
}

const problem = (bytes: Uint8Array): string => {
  const found = decodeModel(bytes, 'f')
  if (E.isRight(found)) throw new Error('decoded')
  expect(found.left).toBeInstanceOf(CheckpointError)
  return found.left.message
}

describe('a model checkpoint', () => {
  it('survives a round trip', () => {
    expect(decodeModel(encodeModel(checkpoint), 'f')).toEqual(E.right(checkpoint))
  })

  it('has its weights in the order of the model, for any order in the file', () => {
    const reversed = new Map([...weights].reverse())
    const found = decodeModel(encodeModel({ ...checkpoint, weights: reversed }), 'f')
    if (E.isLeft(found)) throw found.left
    expect([...found.right.weights.keys()]).toEqual([...weightShapes(config).keys()])
  })

  it('stores its configuration even if the metadata has the same key', () => {
    const found = decodeModel(encodeModel({ ...checkpoint, metadata: { decoder: 'mine' } }), 'f')
    expect(found).toEqual(E.right({ ...checkpoint, metadata: {} }))
  })

  it('is rejected if a weight is missing', () => {
    expect(problem(altered({ 'model.layers.1.mlp.up_proj.weight': undefined }))).toBe(
      'f, weight model.layers.1.mlp.up_proj.weight: found nothing, expected float32[3, 4]',
    )
  })

  it('is rejected if a weight is superfluous', () => {
    expect(problem(altered({ 'lm_head.weight': { shape: [5, 4], data: new Float32Array(20) } }))).toBe(
      'f, weight lm_head.weight: found float32[5, 4], expected nothing',
    )
  })

  it('is rejected if a weight has another shape', () => {
    const turned = { shape: [4, 3], data: new Float32Array(12) }
    expect(problem(altered({ 'model.layers.0.mlp.gate_proj.weight': turned }))).toBe(
      'f, weight model.layers.0.mlp.gate_proj.weight: found float32[4, 3], expected float32[3, 4]',
    )
  })

  it('is rejected if a weight is of integers', () => {
    expect(problem(altered({ 'model.norm.weight': { shape: [4], data: new Int32Array(4) } }))).toBe(
      'f, weight model.norm.weight: found int32[4], expected float32[4]',
    )
  })

  it('is rejected if its sizes are those of another model', () => {
    expect(problem(altered({}, JSON.stringify({ ...config, layers: 3 })))).toBe(
      'f, weight model.layers.2.input_layernorm.weight: found nothing, expected float32[4]',
    )
  })

  it('is rejected without a configuration', () => {
    expect(problem(encode(weights, { seed: '1' }))).toMatch(/^f, metadata decoder: found nothing, expected decoder/)
  })

  const sizes = 'decoder sizes with heads a multiple of kvHeads, an even headWidth and noRopeLayers below layers'
  it.each<[string, string, string | RegExp]>([
    ['no JSON', '{', /^f, metadata decoder: found SyntaxError: .*, expected JSON$/],
    ['a list', '[]', /^f, metadata decoder: found \[\], expected /],
    [
      'a size less',
      JSON.stringify({ ...config, width: undefined }),
      'f, metadata decoder, width: found nothing, expected positive integer',
    ],
    [
      'a size of 0',
      JSON.stringify({ ...config, layers: 0 }),
      'f, metadata decoder, layers: found 0, expected positive integer',
    ],
    [
      'half a layer',
      JSON.stringify({ ...config, layers: 1.5 }),
      'f, metadata decoder, layers: found 1.5, expected positive integer',
    ],
    [
      'a million layers',
      JSON.stringify({ ...config, layers: 1e6 }),
      'f, metadata decoder, layers: found 1000000, expected at most 4096',
    ],
    [
      'adapters of a huge rank',
      JSON.stringify({ ...config, lora: { rank: 600_000, alpha: 1, targets: ['q_proj'] } }),
      'f, metadata decoder, lora.rank: found 600000, expected at most 32768',
    ],
    ['1e5 nested brackets', '['.repeat(1e5) + ']'.repeat(1e5), /arrays and objects in more than 64 levels/],
    [
      'query heads that do not divide',
      JSON.stringify({ ...config, heads: 3, kvHeads: 2 }),
      new RegExp(`^f, metadata decoder: found .*, expected ${sizes}$`),
    ],
  ])('is rejected if its sizes are %s', (_, text, message) => {
    const found = problem(altered({}, text))
    if (typeof message === 'string') expect(found).toBe(message)
    else expect(found).toMatch(message)
  })

  it('is rejected if it is cut short, anywhere', () => {
    const bytes = encodeModel(checkpoint)
    for (let length = 0; length < bytes.length; length += 7)
      expect(problem(bytes.subarray(0, length))).toMatch(/^f(, model\.[a-z0-9._]+)?: found \d+ bytes/)
  })
})
