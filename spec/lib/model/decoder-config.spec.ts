import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { type DecoderConfig, DecoderConfigCodec } from '#lib/model/decoder-config.js'

const config: DecoderConfig = {
  vocabulary: 11,
  width: 8,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headWidth: 4,
  feedForward: 12,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
}

const llama: DecoderConfig = {
  ...config,
  headNorms: false,
  attentionBias: true,
  tiedHead: false,
  noRopeLayers: [1],
  ropeScaling: { kind: 'llama3', factor: 8, low: 1, high: 4, originalLength: 8192 },
}

describe('DecoderConfigCodec', () => {
  it('accepts optional features and their absence', () => {
    expect(DecoderConfigCodec.decode(JSON.parse(JSON.stringify(llama)))).toEqual(E.right(llama))
    const read = DecoderConfigCodec.decode(config)
    expect(E.isRight(read) && Object.keys(read.right)).toEqual(Object.keys(config))
  })

  it.each<[string, object]>([
    ['norms that are no yes or no', { headNorms: 1 }],
    ['a scaling of another kind', { ropeScaling: { ...llama.ropeScaling, kind: 'yarn' } }],
    ['an incomplete scaling', { ropeScaling: { kind: 'llama3', factor: 8 } }],
    ['layers without rotations in another order', { noRopeLayers: [1, 0] }],
    ['a layer without rotations that is named twice', { noRopeLayers: [1, 1] }],
    ['a layer without rotations outside the network', { noRopeLayers: [2] }],
    ['half a layer without rotations', { noRopeLayers: [0.5] }],
    ['a scaling whose bounds are the wrong way round', { ropeScaling: { ...llama.ropeScaling, low: 4, high: 1 } }],
  ])('rejects %s', (_, change) => {
    expect(E.isLeft(DecoderConfigCodec.decode({ ...llama, ...change }))).toBe(true)
  })

  it('decodes what it encodes', () => {
    expect(DecoderConfigCodec.decode(DecoderConfigCodec.encode(config))).toEqual(E.right(config))
    expect(DecoderConfigCodec.is(config)).toBe(true)
  })

  it.each<[string, object]>([
    ...Object.keys(config).map((key): [string, object] => [`no ${key}`, { [key]: undefined }]),
    ...Object.keys(config).map((key): [string, object] => [`0 for ${key}`, { [key]: 0 }]),
    ['a size that is no integer', { width: 8.5 }],
    ['a text for a size', { width: '8' }],
    ['a negative size', { layers: -2 }],
    ['an endless size', { vocabulary: Infinity }],
    ['query heads that are no multiple of key heads', { heads: 4, kvHeads: 3 }],
    ['more key heads than query heads', { heads: 2, kvHeads: 4 }],
    ['heads of odd width, which cannot turn in pairs', { headWidth: 3 }],
    ['no epsilon but NaN', { normEpsilon: NaN }],
  ])('rejects %s', (_, change) => {
    expect(E.isLeft(DecoderConfigCodec.decode({ ...config, ...change }))).toBe(true)
  })
})
