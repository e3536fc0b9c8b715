import { describe, expect, it } from 'vitest'
import type { RopeScaling } from '#lib/model/decoder-config.js'
import { ropeFrequencies } from '#lib/model/rope-frequencies.js'
import { expectRelative } from '../compute/reference/close.js'
import golden from '../../golden/checkpoints/values.json' with { type: 'json' }

const llama3: RopeScaling = { kind: 'llama3', factor: 32, low: 1, high: 4, originalLength: 8192 }

describe('ropeFrequencies', () => {
  it('fall from 1 by theta^(-2 / D)', () => {
    expect(ropeFrequencies({ headWidth: 4, ropeTheta: 100 })).toEqual([1, 0.1])
  })

  it('are those of transformers if they are scaled', () => {
    const found = ropeFrequencies({ headWidth: 8, ropeTheta: 500_000, ropeScaling: llama3 })
    // float32 there.
    expectRelative(found, golden['llama3.gguf'].frequencies, 3e-7)
  })

  it('are unchanged for short wavelengths, divided by the factor for long ones, and interpolated between', () => {
    const scaled = { headWidth: 8, ropeTheta: 10_000, ropeScaling: { ...llama3, factor: 8, originalLength: 2000 } }
    const [first, second, third, last] = ropeFrequencies(scaled)
    const turns = (2000 * 0.01) / (2 * Math.PI)
    const smooth = (turns - 1) / 3
    expect([first, second, last]).toEqual([1, 0.1, 0.001 / 8])
    expect(third).toBeCloseTo(0.01 * (smooth + (1 - smooth) / 8), 12)
  })

  it('do not change with a factor of 1', () => {
    const sizes = { headWidth: 16, ropeTheta: 10_000 }
    expectRelative(ropeFrequencies({ ...sizes, ropeScaling: { ...llama3, factor: 1 } }), ropeFrequencies(sizes), 1e-15)
  })
})
