import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Controller } from '#lib/entropy/controller.js'
import { adapo } from '#lib/entropy/controller/adapo.js'
import { adaptiveEntropy } from '#lib/entropy/controller/adaptive-entropy.js'
import { entropic } from '#lib/entropy/controller/entropic.js'
import { controllers } from '#lib/entropy/controller/index.js'
import { repoRController } from '#lib/entropy/controller/repo-r.js'
import type { Memory } from '#lib/rollout/batch.js'
import { aMeasuredBatch, anEntropyState } from '#testing.js'
import { expectClose } from '../../compute/reference/close.js'

/** Memories of a controller after each of the entropies. */
const trace = <M extends Memory>(controller: Controller<M>, entropies: readonly number[]): readonly M[] => {
  let memory = controller.initial
  return entropies.map((entropy, step) => {
    const output = controller.control(anEntropyState(step, { entropy }), aMeasuredBatch(step), memory)
    return (memory = output.memory)
  })
}
const anyEntropies = fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1, maxLength: 40 })

describe('entropic', () => {
  it('follows the paper: proportional and integral terms, held in [-1, 1]', () => {
    const states = trace(entropic({ target: 0.5, kp: 1, ki: 0.5 }), [0.7, 0.4, 3])
    expectClose(
      states.map(({ alpha }) => alpha),
      [0.2 + 0.5 * 0.2, -0.1 + 0.5 * 0.1, 1],
      1e-12,
    )
    expectClose(
      states.map(({ carry }) => carry),
      [0.2, 0.1, 2.6],
      1e-12,
    )
  })

  it('follows the released code: alpha = carry + e, carry = alpha - 0.99 e', () => {
    const states = trace(entropic({ form: 'released' }), [0.7, 0.4])
    expectClose(
      states.map(({ alpha }) => alpha),
      [0.2, 0.002 - 0.1],
      1e-12,
    )
    expectClose(
      states.map(({ carry }) => carry),
      [0.002, -0.098 + 0.099],
      1e-12,
    )
  })

  it('multiplies positive advantages by 1 + alpha and negative ones by 1 - alpha, in a copy', () => {
    const batch = aMeasuredBatch(0, [2, -2, 0])
    const { advantages_B } = entropic({ target: 0.5, ki: 0 }).control(anEntropyState(0, { entropy: 0.75 }), batch, {
      alpha: 0,
      carry: 0,
    })
    expect([...advantages_B!]).toEqual([2.5, -1.5, 0])
    expect([...batch.advantages_B]).toEqual([2, -2, 0])
  })

  test.prop([anyEntropies])('never changes the sign of an advantage', (entropies) => {
    expect(trace(entropic(), entropies).every(({ alpha }) => Math.abs(alpha) <= 1)).toBe(true)
  })
})

describe('adaptiveEntropy', () => {
  it('raises its coefficient below the target, lowers it above, and applies it up to the target', () => {
    const states = trace(adaptiveEntropy({ target: 0.5, step: 0.25, most: 0.5 }), [0.4, 0.4, 0.4, 0.5, 0.6, 0.6, 0.6])
    expect(states.map(({ coefficient }) => coefficient)).toEqual([0.25, 0.5, 0.5, 0.5, 0.25, 0, 0])
    expect(states.map(({ applied }) => applied)).toEqual([0.25, 0.5, 0.5, 0.5, 0, 0, 0])
  })

  it('sets the coefficient of the bonus', () => {
    const memory = { coefficient: 0.5, applied: 0.5 }
    const output = adaptiveEntropy({ step: 0.25 }).control(
      anEntropyState(0, { entropy: 0.1 }),
      aMeasuredBatch(),
      memory,
    )
    expect(output.scalars).toEqual({ entropyCoefficient: 0.75 })
  })
})

describe('repoRController', () => {
  it('doubles below its target and halves above it', () => {
    const states = trace(repoRController({ target: 0.5, start: 0.01 }), [0.4, 0.4, 0.5, 0.6])
    expectClose(
      states.map(({ zeta }) => zeta),
      [0.02, 0.04, 0.04, 0.02],
      1e-12,
    )
  })

  it('changes its sign at the smallest size, and keeps the largest, in both directions', () => {
    const bounds = { target: 0.5, start: 0.15, least: 0.1, most: 0.3 }
    const states = trace(repoRController(bounds), [0.6, 0.6, 0.6, 0.6, 0.4, 0.4, 0.4, 0.4, 0.4])
    expectClose(
      states.map(({ zeta }) => zeta),
      [-0.1, -0.2, -0.3, -0.3, -0.15, 0.1, 0.2, 0.3, 0.3],
      1e-12,
    )
  })

  it('can start from 0', () => {
    expect(trace(repoRController({ start: 0, least: 0.1 }), [0.4])).toEqual([{ zeta: 0.1 }])
    expect(trace(repoRController({ start: 0, least: 0.1 }), [0.6])).toEqual([{ zeta: -0.1 }])
  })

  test.prop([anyEntropies])('keeps its size within its bounds', (entropies) => {
    const sizes = trace(repoRController({ least: 0.01, most: 0.5, start: 0.02 }), entropies).map(({ zeta }) =>
      Math.abs(zeta),
    )
    expect(sizes.every((size) => size >= 0.01 && size <= 0.5)).toBe(true)
  })
})

describe('adapo', () => {
  it('moves the clip by steps towards the first entropy, within its limits', () => {
    const states = trace(adapo({ start: 0.25, step: 0.25, least: 0.125, most: 0.5 }), [0.5, 0.4, 0.4, 0.5, 0.6, 0.6])
    expect(states.map(({ clipHigh }) => clipHigh)).toEqual([0.25, 0.5, 0.5, 0.5, 0.25, 0.125])
    expect(states.every(({ target }) => target === 0.5)).toBe(true)
  })
})

describe('controllers', () => {
  it.each(Object.entries(controllers))('%s has its registry name and does not change its batch', (name, { create }) => {
    const controller: Controller = create()
    const batch = aMeasuredBatch(0, [1, -1])
    const before = structuredClone(batch)
    controller.control(anEntropyState(), batch, controller.initial)
    expect(controller.name).toBe(name)
    expect(batch).toEqual(before)
  })
})
