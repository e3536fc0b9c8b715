import { fc } from '@fast-check/vitest'

/** Softmax of logits. @shape [V] -> [V] */
export const softmax = (z_V: readonly number[]): readonly number[] => {
  const top = Math.max(...z_V)
  const weights = z_V.map((z) => Math.exp(z - top))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** Random logits, from nearly uniform to nearly certain, and their softmax. */
export const anyDistribution = fc
  .tuple(
    fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 12 }),
    fc.double({ min: 0.1, max: 6, noNaN: true }),
  )
  .map(([direction_V, sharpness]) => {
    const z_V = direction_V.map((z) => sharpness * z)
    return { z_V, p_V: softmax(z_V) }
  })
