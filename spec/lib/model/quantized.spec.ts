import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { quantize } from '#lib/model/quantized.js'

const anyMatrix = fc
  .record({
    out: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 70 }),
    exponent: fc.integer({ min: -30, max: 30 }),
  })
  .chain(({ out, width, exponent }) =>
    fc
      .float32Array({ minLength: out * width, maxLength: out * width, min: -1, max: 1, noNaN: true })
      .map((data) => ({ shape: [out, width], data: data.map((x) => x * 2 ** exponent) })),
  )

describe('quantize', () => {
  it('matches an example computed by hand: [out, in] becomes [in, out], each row with a scale of its own', () => {
    const data = Float32Array.of(1, -64, 31.6, 0, 0, 0, 0.25, 0.5, -0.125)
    expect(quantize({ shape: [3, 3], data })).toEqual({
      values: { shape: [3, 3], data: Int8Array.of(1, 0, 32, -64, 0, 64, 32, 0, -16) },
      scale: { shape: [3], data: Float32Array.of(1, 0, 0.5 / 64) },
    })
  })

  test.prop([anyMatrix])(
    'has an error of at most half a step, and of rounding only for its largest number',
    (matrix) => {
      const { values, scale } = quantize(matrix)
      const [out, width] = matrix.shape as [number, number]
      for (let j = 0; j < out; j++) {
        const row = Array.from(matrix.data.subarray(j * width, (j + 1) * width))
        const step = scale.data[j]!
        const found = row.map((_, i) => values.data[i * out + j]!)
        const errors = row.map((w, i) => Math.abs(found[i]! * step - w))
        expect(Math.max(...errors)).toBeLessThanOrEqual(step * (0.5 + 1e-5) + 2 ** -120)
        expect(Math.max(...found.map(Math.abs))).toBe(step === 0 ? 0 : 64)
      }
    },
  )

  test.prop([anyMatrix])('does not change quantized values', (matrix) => {
    const { values, scale } = quantize(matrix)
    const [out, width] = matrix.shape as [number, number]
    const data = matrix.data.map(
      (_, at) => values.data[(at % width) * out + Math.floor(at / width)]! * scale.data[Math.floor(at / width)]!,
    )
    expect(quantize({ shape: [out, width], data }).values).toEqual(values)
  })

  it('turns rows that are too small for a scale into zeros, without NaN', () => {
    const { values, scale } = quantize({ shape: [2, 2], data: Float32Array.of(1e-44, -1e-45, 1e-38, 0) })
    expect([...values.data]).toEqual([0, 0, 0, 0])
    expect([...scale.data]).toEqual([0, 0])
  })
})
