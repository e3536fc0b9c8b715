import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { crc32c } from '#lib/tensorboard/crc-32c.js'
import { tfRecord } from '#lib/tensorboard/record.js'
import { recordsIn } from './event-reader.js'

const ascii = (text: string) => new TextEncoder().encode(text)

describe('crc32c', () => {
  it.each([
    ['nothing', new Uint8Array(), 0],
    ['the digits', ascii('123456789'), 0xe3069283],
    ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 bytes that rise', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ])('is the checksum of RFC 3720 for %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })
})

describe('tfRecord', () => {
  it('is length, its checksum, data, its checksum', () => {
    // e3069283 rotated right by 15 bits is 2507c60d; plus a282ead8 is c78ab0e5.
    expect([...tfRecord(ascii('123456789'))]).toEqual([
      ...[9, 0, 0, 0, 0, 0, 0, 0],
      ...[0x37, 0xf9, 0x71, 0x39],
      ...ascii('123456789'),
      ...[0xe5, 0xb0, 0x8a, 0xc7],
    ])
  })

  test.prop([fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 })])(
    'is read back, for any number of records',
    (all) => {
      expect(recordsIn(Buffer.concat(all.map(tfRecord))).map((data) => [...data])).toEqual(all.map((data) => [...data]))
    },
  )

  test.prop([fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.nat(), fc.integer({ min: 1, max: 255 })])(
    'makes a changed byte an error',
    (data, place, change) => {
      const record = tfRecord(data)
      const at = 8 + (place % (record.length - 8))
      record[at] = record[at]! ^ change
      expect(() => recordsIn(record)).toThrow('wrong checksum')
    },
  )
})
