import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { decode, encode, type Safetensors } from '#lib/checkpoint/safetensors.js'
import type { HostTensor } from '#lib/compute/program/node.js'

const anyTensor: fc.Arbitrary<HostTensor> = fc
  .tuple(fc.array(fc.nat(3), { maxLength: 3 }), fc.constantFrom('float32', 'int32', 'int8'))
  .chain(([shape, dtype]) => {
    const length = shape.reduce((a, b) => a * b, 1)
    const exactly = { minLength: length, maxLength: length }
    const arrays = { float32: fc.float32Array, int32: fc.int32Array, int8: fc.int8Array } as const
    return arrays[dtype](exactly).map((data) => ({ shape, data }))
  })
const anyName = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__')
const anyTensors = fc.array(fc.tuple(anyName, anyTensor), { maxLength: 5 }).map((entries) => new Map(entries))
const anyMetadata = fc.dictionary(fc.string(), fc.string())

const tiny = new Map<string, HostTensor>([['a', { shape: [1, 2], data: Float32Array.of(1, -2) }]])

/** Bytes of {@link tiny} with { k: 'v' }, written by hand. */
const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}'
const layout = [
  // The header's 81 bytes fill up to 88.
  ...[88, 0, 0, 0, 0, 0, 0, 0],
  ...new TextEncoder().encode(header),
  ...[0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20],
  ...[0x00, 0x00, 0x80, 0x3f],
  ...[0x00, 0x00, 0x00, 0xc0],
]

/** Encodes a file with any header. */
const file = (json: string, body: readonly number[] = [], length = new TextEncoder().encode(json).length) => {
  const prefix = new Uint8Array(8)
  new DataView(prefix.buffer).setBigUint64(0, BigInt(length), true)
  return Uint8Array.of(...prefix, ...new TextEncoder().encode(json), ...body)
}

const read = (bytes: Uint8Array): Safetensors => {
  const found = decode(bytes, 'f')
  if (E.isLeft(found)) throw found.left
  return found.right
}

const problem = (bytes: Uint8Array): CheckpointError => {
  const found = decode(bytes, 'f')
  if (E.isRight(found)) throw new Error('decoded')
  expect(found.left).toBeInstanceOf(CheckpointError)
  return found.left
}

describe('safetensors', () => {
  test.prop([anyTensors, anyMetadata])('survive a round trip', (tensors, metadata) => {
    const back = read(encode(tensors, metadata))
    expect(back.metadata).toEqual(metadata)
    expect(back.tensors).toEqual(tensors)
  })

  it('have the bytes of the format', () => {
    expect(header).toHaveLength(81)
    expect([...encode(tiny, { k: 'v' })]).toEqual(layout)
    expect(read(Uint8Array.from(layout))).toEqual({ tensors: tiny, metadata: { k: 'v' } })
  })

  it('start at a multiple of 8 bytes, one after the other', () => {
    const three = new Map<string, HostTensor>([
      ['first', { shape: [], data: Int32Array.of(7) }],
      ['none', { shape: [0, 3], data: new Float32Array(0) }],
      ['second', { shape: [2], data: Float32Array.of(0.5, NaN) }],
    ])
    const bytes = encode(three)
    const length = bytes[0]! + 256 * bytes[1]!
    expect(length % 8).toBe(0)
    expect(bytes).toHaveLength(8 + length + 12)
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: {},
      first: { dtype: 'I32', shape: [], data_offsets: [0, 4] },
      none: { dtype: 'F32', shape: [0, 3], data_offsets: [4, 4] },
      second: { dtype: 'F32', shape: [2], data_offsets: [4, 12] },
    })
    expect(read(bytes).tensors).toEqual(three)
  })

  it('may lack metadata, start anywhere and be listed in any order', () => {
    const json =
      '{"b":{"data_offsets":[4,8],"dtype":"F32","shape":[1]},"a":{"shape":[1],"dtype":"I32","data_offsets":[0,4]}}'
    const { tensors, metadata } = read(file(json, [1, 0, 0, 0, 0, 0, 0x80, 0x3f]))
    expect(metadata).toEqual({})
    expect(tensors).toEqual(
      new Map<string, HostTensor>([
        ['b', { shape: [1], data: Float32Array.of(1) }],
        ['a', { shape: [1], data: Int32Array.of(1) }],
      ]),
    )
  })

  it('of 16 bits become float32', () => {
    const json =
      '{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"F16","shape":[1],"data_offsets":[4,6]}}'
    const { tensors } = read(file(json, [0x80, 0x3f, 0x00, 0xc0, 0x00, 0x38]))
    expect(tensors).toEqual(
      new Map<string, HostTensor>([
        ['a', { shape: [2], data: Float32Array.of(1, -2) }],
        ['b', { shape: [1], data: Float32Array.of(0.5) }],
      ]),
    )
  })

  test.prop([anyTensors, fc.nat(9)])('can be read from a part of a buffer', (tensors, before) => {
    const bytes = encode(tensors)
    const whole = new Uint8Array(before + bytes.length + 5).fill(0xff)
    whole.set(bytes, before)
    const part = whole.subarray(before, before + bytes.length)
    expect(read(part).tensors).toEqual(tensors)
    expect(read(Buffer.from(whole.buffer, before, bytes.length)).tensors).toEqual(tensors)
  })

  it('can be written from a part of a buffer', () => {
    const data = Float32Array.of(9, 1, -2, 9).subarray(1, 3)
    expect(encode(new Map([['a', { shape: [1, 2], data }]]))).toEqual(encode(tiny))
  })

  it.each([
    ['an array', (bytes: Uint8Array) => bytes],
    ['a Buffer, as Node reads files', (bytes: Uint8Array) => Buffer.from(bytes)],
  ])('have memory of their own when read from %s', (_, from) => {
    const bytes = from(encode(tiny))
    const { tensors } = read(bytes)
    bytes.fill(0)
    expect(tensors).toEqual(tiny)
    expect(tensors.get('a')!.data.buffer.byteLength).toBe(8)
  })
})

describe('a file that is not safetensors', () => {
  it('is an error when truncated at any length', () => {
    for (let length = 0; length < layout.length; length++) {
      const { place: file, found, expected } = problem(Uint8Array.from(layout.slice(0, length)))
      expect(file).toBe(length < 96 ? 'f' : 'f, a')
      expect(found).toContain(`${length < 96 ? length : length - 96} bytes`)
      expect(expected).not.toBe('')
    }
  })

  test.prop([fc.uint8Array({ maxLength: 200 })])('never throws', (bytes) => {
    expect(() => decode(bytes, 'f')).not.toThrow()
  })

  test.prop([fc.nat(layout.length - 1), fc.nat(255)])('never throws for any wrong byte', (at, byte) => {
    expect(() => decode(Uint8Array.from(layout.with(at, byte)), 'f')).not.toThrow()
  })

  it.each([
    ['no JSON', 'weights'],
    ['a list', '[1]'],
    ['a number', '7'],
    ['null', 'null'],
    ['nothing', ''],
  ])('has %s for a header', (_, json) => {
    expect(problem(file(json)).message).toBe('f: found a header that is no JSON mapping, expected a safetensors file')
  })

  it('has a header that is not UTF-8', () => {
    const bytes = file('{"a":1}')
    bytes[10] = 0xff
    expect(problem(bytes).message).toContain('no JSON mapping')
  })

  it('claims a header longer than the format allows', () => {
    expect(problem(Uint8Array.of(...new Uint8Array(8).fill(0xff), ...new TextEncoder().encode('{}'))).found).toBe(
      'a file of another kind',
    )
  })

  it.each([
    ['U16', 2],
    ['I64', 8],
    ['f32', 4],
  ])('holds a tensor of dtype %s', (dtype, size) => {
    const entry = { dtype, shape: [1], data_offsets: [0, size] }
    const { place: where, found, expected } = problem(file(JSON.stringify({ w: entry }), new Array<number>(8).fill(0)))
    expect(where).toBe('f, w')
    expect(found).toBe(JSON.stringify(entry))
    expect(expected).toContain('F64, F32, F16, BF16, I32 or I8')
  })

  it.each([
    ['a negative size', { dtype: 'F32', shape: [-1, -1], data_offsets: [0, 4] }],
    ['half a size', { dtype: 'F32', shape: [0.5, 2], data_offsets: [0, 4] }],
    ['no shape', { dtype: 'F32', data_offsets: [0, 4] }],
    ['one offset', { dtype: 'F32', shape: [1], data_offsets: [0] }],
    ['nothing', null],
  ])('has %s in an entry', (_, entry) => {
    expect(problem(file(JSON.stringify({ w: entry }), new Array<number>(12).fill(0))).place).toBe('f, w')
  })

  it.each([
    ['too few bytes', [2], [0, 4], '4 bytes', '8 for [2]'],
    ['too many bytes', [], [0, 8], '8 bytes', '4 for []'],
    ['offsets that run backwards', [1], [8, 4], '-4 bytes', '4 for [1]'],
    ['a place beyond the file', [1], [8, 12], '8 bytes of tensors: the file is cut short', 'at least 12'],
    ['an empty place beyond the file', [0], [12, 12], '8 bytes of tensors: the file is cut short', 'at least 12'],
  ])('gives a tensor %s', (_, shape, data_offsets, found, expected) => {
    const json = JSON.stringify({ w: { dtype: 'F32', shape, data_offsets } })
    expect(problem(file(json, new Array<number>(8).fill(0)))).toMatchObject({ place: 'f, w', found, expected })
  })

  const entry = (start: number, end: number, shape = [(end - start) / 4]) =>
    JSON.stringify({ dtype: 'F32', shape, data_offsets: [start, end] })
  it.each([
    [
      'bytes that two tensors share',
      `{"a":${entry(0, 8)},"b":${entry(4, 12)}}`,
      'f, b',
      'from 8, where the bytes of a end',
    ],
    [
      'one place for two tensors',
      `{"a":${entry(0, 8)},"b":${entry(0, 8)}}`,
      'f, b',
      'from 8, where the bytes of a end',
    ],
    ['a hole between tensors', `{"b":${entry(8, 12)},"a":${entry(0, 4)}}`, 'f, b', 'from 4, where the bytes of a end'],
    ['a hole before the first tensor', `{"a":${entry(4, 12)}}`, 'f, a', 'from 0, where the bytes of the header end'],
    ['bytes after the last tensor', `{"a":${entry(0, 8)}}`, 'f', '8, where the bytes of a end'],
    ['a name twice', `{"a":${entry(0, 8)},"a":${entry(8, 12)}}`, 'f, a', 'every name once'],
    ['a name twice, written differently', `{"a":${entry(0, 8)},"\\u0061":${entry(8, 12)}}`, 'f, a', 'every name once'],
    ['a tensor of many axes', `{"a":${entry(0, 12, [3, ...Array<number>(1000).fill(1)])}}`, 'f, a', 'at most 8'],
    ['deep nesting', `{"a":${'['.repeat(1e4)}${']'.repeat(1e4)}}`, 'f', 'a safetensors file'],
  ])('has %s', (_, json, where, expected) => {
    expect(problem(file(json, new Array<number>(12).fill(0)))).toMatchObject({ place: where, expected })
  })

  it('has metadata other than texts', () => {
    expect(problem(file('{"__metadata__":{"steps":3}}')).message).toBe(
      'f, __metadata__: found {"steps":3}, expected a mapping from names to texts',
    )
  })
})
