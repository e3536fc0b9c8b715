import { describe, expect, it } from 'vitest'
import { bfloat16, float16 } from '#lib/checkpoint/half.js'
import golden from '../../golden/half.json' with { type: 'json' }

const formats = { float16, bfloat16 } as const

const floats = (bits: readonly number[]) => new Float32Array(Uint32Array.from(bits).buffer)

/** Bits; all NaN values are equal. */
const bitsOf = (numbers: Float32Array) =>
  [...new Uint32Array(numbers.buffer)].map((bits, i) => (Number.isNaN(numbers[i]!) ? 'NaN' : bits))

describe.each(Object.keys(formats) as (keyof typeof formats)[])('%s', (name) => {
  const { toFloat32, fromFloat32 } = formats[name]

  it('is rounded as in torch', () => {
    const found = fromFloat32(floats(golden.float32))
    // Any NaN is correct.
    const known = golden.narrowed[name].map((bits, i) => (Number.isNaN(floats(golden.float32)[i]!) ? found[i]! : bits))
    expect([...found]).toEqual(known)
    expect(bitsOf(toFloat32(fromFloat32(Float32Array.of(NaN))))).toEqual(['NaN'])
  })

  it('is converted as in torch', () => {
    const patterns = Uint16Array.from(golden.widened[name], (_, i) => i * golden.step)
    expect(bitsOf(toFloat32(patterns))).toEqual(bitsOf(floats(golden.widened[name])))
  })

  it('survives a round trip for all bits', () => {
    const every = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits)
    const numbers = toFloat32(every)
    const back = fromFloat32(numbers)
    expect(back.filter((bits, i) => bits !== every[i] && !Number.isNaN(numbers[i]!))).toEqual(new Uint16Array(0))
  })

  it('converts a part of an array', () => {
    const numbers = Float32Array.of(7, 0.5, -2, 7)
    expect(toFloat32(fromFloat32(numbers.subarray(1, 3)))).toEqual(Float32Array.of(0.5, -2))
  })
})
