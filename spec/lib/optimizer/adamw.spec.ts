import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Shape } from '#lib/compute/program/node.js'
import { adamwDefaults, type AdamWOptions, adamwProgram, checkAdamWOptions } from '#lib/optimizer/adamw.js'
import { expectClose } from '../compute/reference/close.js'
import { interpret } from '../compute/reference/interpret.js'
import { type ReferenceTensor, sizeOf } from '../compute/reference/tensor.js'
import { floats } from '../model/golden.js'

/** Options whose betas, and 1 - betas, are exact in float32. */
const options: AdamWOptions = { beta1: 0.5, beta2: 0.75, epsilon: 0, weightDecay: 0, maxNorm: 1e6 }

const shapes = new Map<string, Shape>([
  ['matrix', [2, 1]],
  ['vector', [2]],
])
type Values = Readonly<Record<string, readonly number[]>>

const zero: Values = { matrix: [0, 0], vector: [0, 0] }

/** Runs one step; values that are not given are 0. */
const step = (
  how: Partial<AdamWOptions>,
  given: { parameter?: Values; gradient?: Values; first?: Values; second?: Values; rate?: number; t?: number },
) => {
  const { beta1, beta2 } = { ...options, ...how }
  const { rate = 1, t = 1 } = given
  const feed: Record<string, ReferenceTensor> = {
    rate: floats([], [rate]),
    firstCorrection: floats([], [1 / (1 - beta1 ** t)]),
    secondCorrection: floats([], [1 / (1 - beta2 ** t)]),
  }
  for (const kind of ['parameter', 'gradient', 'first', 'second'] as const)
    for (const [name, shape] of shapes)
      feed[`${kind}.${name}`] = floats(shape, given[kind]?.[name] ?? new Float64Array(sizeOf(shape)))
  const found = interpret(adamwProgram(shapes, { ...options, ...how }), feed)
  return (name: string): number[] => [...found[name]!.data]
}

const number = fc.integer({ min: -40, max: 40 }).map((n) => n / 8)
const pair = fc.tuple(number, number)
const anyValues: fc.Arbitrary<Values> = fc.record({ matrix: pair, vector: pair })

describe('adamwProgram', () => {
  it('agrees with a calculation by hand', () => {
    const found = step(
      {},
      {
        parameter: { matrix: [10, 10], vector: [10, 10] },
        gradient: { matrix: [2, -4], vector: [0, 6] },
        first: { matrix: [4, 0], vector: [1, 0] },
        second: { matrix: [12, 0], vector: [4, 4] },
        rate: 0.1,
        t: 2,
      },
    )
    // m' = (m + g) / 2, over 3/4; v' = (3 v + g^2) / 4, over 7/16.
    expect(found('first.matrix')).toEqual([3, -2])
    expect(found('second.matrix')).toEqual([10, 4])
    expect(found('first.vector')).toEqual([0.5, 3])
    expect(found('second.vector')).toEqual([3, 12])
    const moved = (m: number, v: number) => 10 - (0.1 * m) / 0.75 / Math.sqrt(v / 0.4375)
    expectClose(found('parameter.matrix'), [moved(3, 10), moved(-2, 4)], 1e-14)
    expectClose(found('parameter.vector'), [moved(0.5, 3), moved(3, 12)], 1e-14)
    expectClose(found('norm'), [Math.sqrt(4 + 16 + 36)], 1e-14)
  })

  it('moves by the rate against the sign of the gradient at the first step', () => {
    const found = step({}, { gradient: { matrix: [3, -0.01], vector: [-500, 1] }, rate: 0.25 })
    expectClose([...found('parameter.matrix'), ...found('parameter.vector')], [-0.25, 0.25, 0.25, -0.25], 1e-14)
  })

  it('adds epsilon outside the root', () => {
    const found = step({ epsilon: 3 }, { gradient: { ...zero, vector: [1, -9] } })
    expectClose(found('parameter.vector'), [-1 / 4, 9 / 12], 1e-14)
  })

  it('does not move without gradient, moments and decay', () => {
    const found = step({ epsilon: 1e-8 }, { parameter: { matrix: [1, 2], vector: [3, 4] } })
    expect([...found('parameter.matrix'), ...found('parameter.vector'), ...found('norm')]).toEqual([1, 2, 3, 4, 0])
  })

  it('decays matrices and not vectors', () => {
    const parameter = { matrix: [8, -4], vector: [8, -4] }
    const found = step({ weightDecay: 0.5, epsilon: 1 }, { parameter, rate: 0.25 })
    // The matrix decays by 0.25 times 0.5. The moments do not include the decay.
    expect(found('parameter.matrix')).toEqual([7, -3.5])
    expect(found('parameter.vector')).toEqual([8, -4])
    expect([...found('first.matrix'), ...found('second.matrix')]).toEqual([0, 0, 0, 0])
  })

  it('clips by the norm over all parameters, and reports the norm before clipping', () => {
    const gradient = { matrix: [3, 0], vector: [0, 4] }
    const found = step({ maxNorm: 2.5 }, { gradient })
    expect(found('norm')).toEqual([5])
    // The gradient is halved, up to the 1e-6 that torch adds to the norm; beta1 halves it again in the first moment.
    expectClose([...found('first.matrix'), ...found('first.vector')], [0.75, 0, 0, 1], 1e-6)
    expectClose([...found('second.matrix'), ...found('second.vector')], [0.5625, 0, 0, 1], 1e-6)
  })

  it('takes the largest norm as an input if asked', () => {
    const norms = (maxNorm: 'constant' | 'input') => adamwProgram(shapes, options, maxNorm).inputs.has('maxNorm')
    expect([norms('constant'), norms('input')]).toEqual([false, true])
  })

  it('sums the squared weights and the moments of the new state', () => {
    const found = step(
      { epsilon: 1 },
      { parameter: { matrix: [3, 0], vector: [0, -4] }, second: { matrix: [4, 0], vector: [0, 0] } },
    )
    expect(found('second.matrix')).toEqual([3, 0])
    expect(found('stateSum')).toEqual([9 + 16 + 3])
  })

  it('does not clip a norm just below the largest', () => {
    const gradient = { matrix: [3, 0], vector: [0, 4] }
    for (const maxNorm of [5.0001, 100]) {
      const found = step({ maxNorm }, { gradient })
      expect([...found('first.matrix'), ...found('first.vector')]).toEqual([1.5, 0, 0, 2])
    }
    expect(step({ maxNorm: 4.999 }, { gradient })('first.matrix')[0]).toBeLessThan(1.4999)
  })

  test.prop([anyValues, fc.integer({ min: 1, max: 80 }).map((n) => n / 8)])(
    'keeps the direction of the gradient, clipped or not',
    (gradient, maxNorm) => {
      const found = step({ maxNorm }, { gradient })
      const given = [...gradient['matrix']!, ...gradient['vector']!]
      const norm = Math.hypot(...given)
      const scale = Math.min(1, maxNorm / norm) || 0
      expectClose(found('norm'), [norm], 1e-12)
      expectClose(
        [...found('first.matrix'), ...found('first.vector')],
        given.map((g) => (g * scale) / 2),
        2e-6,
      )
    },
  )

  test.prop([anyValues, anyValues, fc.constantFrom(0.25, 0.5, 2)])(
    'moves in proportion to the rate',
    (parameter, gradient, rate) => {
      const how = { weightDecay: 0.5, epsilon: 0.125 }
      const moves = (rate: number) => {
        const found = step(how, { parameter, gradient, rate })
        return [...shapes.keys()].flatMap((name) => found(`parameter.${name}`).map((x, i) => x - parameter[name]![i]!))
      }
      expectClose(
        moves(rate),
        moves(1).map((x) => rate * x),
        1e-12,
      )
    },
  )

  it('names its inputs and outputs by parameter', () => {
    const { inputs, outputs } = adamwProgram(shapes, adamwDefaults)
    const named = (kinds: readonly string[]) => kinds.flatMap((kind) => [...shapes.keys()].map((n) => `${kind}.${n}`))
    expect([...inputs.keys()].sort()).toEqual(
      [...named(['first', 'gradient', 'parameter', 'second']), 'rate', 'firstCorrection', 'secondCorrection'].sort(),
    )
    expect([...outputs.keys()].sort()).toEqual([...named(['first', 'parameter', 'second']), 'norm', 'stateSum'].sort())
  })
})

describe('maxNorm', () => {
  it('clips by the global norm, and Infinity turns clipping off', () => {
    const gradient = { matrix: [3, 0], vector: [0, 4] }
    // With betas of 0 the first moment is the clipped gradient.
    const momentOf = (maxNorm: number) => step({ beta1: 0, beta2: 0, maxNorm }, { gradient, t: 1 })
    expect(momentOf(Infinity)('first.matrix')).toEqual([3, 0])
    expect(momentOf(Infinity)('norm')).toEqual([5])
    expect(momentOf(1)('first.vector')[1]).toBeCloseTo(0.8, 5)
  })
})

describe('checkAdamWOptions', () => {
  it('accepts the defaults and the ends of the ranges', () => {
    for (const changed of [{}, { beta1: 0, beta2: 0 }, { weightDecay: 0 }, { maxNorm: Infinity }])
      expect(() => checkAdamWOptions({ ...adamwDefaults, ...changed })).not.toThrow()
  })

  it.each([
    [{ beta1: 1 }, 'adamw.beta1: found 1, expected a number >= 0 and < 1'],
    [{ beta2: -0.1 }, 'adamw.beta2: found -0.1, expected a number >= 0 and < 1'],
    [{ epsilon: 0 }, 'adamw.epsilon: found 0, expected a number > 0'],
    [{ weightDecay: -1 }, 'adamw.weightDecay: found -1, expected a number >= 0'],
    [{ maxNorm: 0 }, 'adamw.maxNorm: found 0, expected a number > 0'],
    [{ maxNorm: NaN }, 'adamw.maxNorm: found NaN, expected a number > 0'],
  ])('refuses %j', (changed, message) => {
    expect(() => checkAdamWOptions({ ...adamwDefaults, ...changed })).toThrow(new RangeError(message))
  })
})
