import { fc, test } from '@fast-check/vitest'
import { EMPTY, firstValueFrom, NEVER, from, lastValueFrom, of, startWith, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { boxed, format } from '#lib/reward/format.js'
import { overlongPenalty } from '#lib/reward/overlong.js'
import type { Verifier } from '#lib/reward/verifier.js'
import type { Reward } from '#lib/rollout/reward.js'
import { weighted } from '#lib/reward/weighted.js'
import { aCompletion, aPrompt } from '#testing.js'

const judge = (verifier: Verifier, text = '', length = 2) =>
  lastValueFrom(from(verifier(aPrompt(), aCompletion(length, { text }))))

const giving =
  (value: number, but: Partial<Reward> = {}): Verifier =>
  () =>
    of({ value, correct: value > 0, ...but })

describe('weighted', () => {
  it('is the sum of its parts, which it lists by name', async () => {
    const verifier = weighted({
      correctness: { verifier: giving(1) },
      format: { verifier: format(boxed), weight: 0.25 },
      overlong: { verifier: overlongPenalty({ limit: 10, cache: 4 }), weight: 2 },
    })
    const parts = { correctness: 1, format: 1, overlong: -0.5 }
    expect(await judge(verifier, '\\boxed{7}', 8)).toEqual({ value: 0.25, correct: true, parts })
  })

  it('takes correct, answer and fault from the part correctness', async () => {
    const other = giving(1, { answer: 'other', fault: 'malformed' })
    const right = weighted({ correctness: { verifier: giving(-1, { answer: '7' }) }, other: { verifier: other } })
    const parts = { correctness: -1, other: 1 }
    expect(await judge(right)).toEqual({ value: 0, correct: false, answer: '7', parts })
    const lacking = weighted({
      correctness: { verifier: giving(-1, { fault: 'no-answer' }) },
      other: { verifier: other },
    })
    expect(await judge(lacking)).toEqual({ value: 0, correct: false, fault: 'no-answer', parts })
  })

  it('takes the first reward of each part', async () => {
    const first: Verifier = () => NEVER.pipe(startWith({ value: 1, correct: true }))
    const verifier = weighted({ correctness: { verifier: first }, format: { verifier: giving(0.5) } })
    expect(await firstValueFrom(from(verifier(aPrompt(), aCompletion())))).toMatchObject({ value: 1.5 })
  })

  it('fails if a part fails, and has no reward if a part has none', async () => {
    const failing = weighted({
      correctness: { verifier: giving(1) },
      format: { verifier: () => throwError(() => new Error('no format')) },
    })
    await expect(judge(failing)).rejects.toThrow('no format')
    const silent = weighted({ correctness: { verifier: giving(1) }, format: { verifier: () => EMPTY } })
    await expect(judge(silent)).rejects.toThrow('no elements in sequence')
  })

  it.each([NaN, Infinity])('refuses a weight of %d', (weight) => {
    const parts = { correctness: { verifier: giving(1) }, format: { verifier: giving(1), weight } }
    expect(() => weighted(parts)).toThrow(`weight of format: found ${weight}, expected a finite number`)
  })

  const part = fc.record({ value: fc.float({ noNaN: true, noDefaultInfinity: true }), weight: fc.integer() })
  test.prop([part, fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), part, { maxKeys: 4 })])(
    'is linear in the weights',
    async (correctness, others) => {
      const parts = { ...others, correctness }
      const verifiers = Object.fromEntries(
        Object.entries(parts).map(([name, { value, weight }]) => [name, { verifier: giving(value), weight }]),
      )
      const { value } = await judge(weighted({ ...verifiers, correctness: verifiers['correctness']! }))
      const sum = Object.values(parts).reduce((total, { value, weight }) => total + value * weight, 0)
      const size = Object.values(parts).reduce((total, { value, weight }) => total + Math.abs(value * weight), 0)
      expect(Math.abs(value - sum)).toBeLessThanOrEqual(1e-12 * size)
    },
  )
})

describe('format', () => {
  it.each([
    ['so \\boxed{7}', 1],
    ['so \\boxed {7}', 1],
    ['so 7', 0],
    ['\\boxedx', 0],
    ['\\boxed{', 0],
    ['\\boxed{7', 0],
    ['\\boxed{7} and \\boxed{', 0],
    ['\\boxed{}', 0],
    ['\\boxed{ }', 0],
    ['\\boxed{?}', 0],
    ['\\boxed{...}', 0],
    ['\\boxed{\\,}', 0],
    ['\\boxed{\\text{}}', 0],
    ['\\boxed{\\text{your answer}}', 0],
    ['\\boxed{\\boxed{}}', 0],
    ['\\boxed{x^}', 0],
    ['\\boxed{(1,2}', 0],
    ['\\boxed{1/0}', 0],
    ['\\boxed as asked', 0],
    ['\\boxed 7', 0],
    ['\\boxed{\\text{no solution}}', 1],
    ['\\boxed{\\{1,2\\}}', 1],
  ])('%j in a box: %d', async (text, value) => {
    expect(await judge(format(boxed), text)).toEqual({ value, correct: value === 1 })
  })

  it('is stateless, also with global and sticky patterns', async () => {
    const verifier = format(/7/gy)
    const values = [await judge(verifier, '77'), await judge(verifier, '77'), await judge(verifier, '07')]
    expect(values.map(({ value }) => value)).toEqual([1, 1, 1])
  })
})
