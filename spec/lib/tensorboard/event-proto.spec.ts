import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { encodeEvent } from '#lib/tensorboard/event-proto.js'
import { tfRecord } from '#lib/tensorboard/record.js'
import { eventsIn } from './event-reader.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('encodeEvent', () => {
  it("writes the bytes that TensorBoard's own messages write", () => {
    expect(hex(encodeEvent({ wallTime: 1.5, fileVersion: 'brain.Event:2' }))).toBe(
      '09000000000000f83f1a0d627261696e2e4576656e743a32',
    )
    const scalars = [
      { tag: 'a/b', value: 0 },
      { tag: 'c', value: -0.5 },
    ]
    expect(hex(encodeEvent({ wallTime: 1.5, step: 3, scalars }))).toBe(
      '09000000000000f83f10032a160a0a0a03612f6215000000000a080a016315000000bf',
    )
  })

  const scalar = fc.record({ tag: fc.string({ unit: 'grapheme' }), value: fc.double() })
  test.prop([fc.double({ min: 0, noNaN: true }), fc.nat(), fc.array(scalar)])(
    'is read back, with numbers as float32',
    (...event) => {
      const [wallTime, step, scalars] = event
      expect(eventsIn(tfRecord(encodeEvent({ wallTime, step, scalars })))).toEqual([
        {
          wallTime,
          step,
          fileVersion: null,
          scalars: scalars.map((each) => ({ ...each, value: Math.fround(each.value) })),
        },
      ])
    },
  )
})
