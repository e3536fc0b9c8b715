import { lastValueFrom, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { overlong, overlongPenalty } from '#lib/reward/overlong.js'
import { aCompletion, aPrompt } from '#testing.js'

const right = () => of({ value: 1, correct: true })
const rewardOf = (length: number, factor?: number) =>
  lastValueFrom(
    overlong(right, { limit: 10, cache: 4, ...(factor === undefined ? {} : { factor }) })(
      aPrompt(),
      aCompletion(length),
    ) as never,
  )

describe('overlong', () => {
  it.each([
    [1, 1],
    [6, 1],
    [7, 0.75],
    [10, 0],
  ])('a right answer of %i tokens gets %d', async (length, value) => {
    expect(await rewardOf(length)).toEqual({ value, correct: true })
  })

  it('multiplies the penalty by its factor', async () => {
    expect(await rewardOf(8, 0.5)).toEqual({ value: 0.75, correct: true })
  })

  it.each([0, 11, NaN])('refuses a cache of %d tokens', (cache) => {
    expect(() => overlong(right, { limit: 10, cache })).toThrow(
      `overlong cache: found ${cache}, expected tokens in (0, 10]`,
    )
  })
})

describe('overlongPenalty', () => {
  it.each([
    [1, 0],
    [6, 0],
    [7, -0.25],
    [10, -1],
  ])('a completion of %i tokens gets %d', async (length, value) => {
    const verifier = overlongPenalty({ limit: 10, cache: 4 })
    const reward = await lastValueFrom(verifier(aPrompt(), aCompletion(length)) as never)
    expect(reward).toEqual({ value, correct: value === 0 })
  })

  it('refuses the same options as overlong', () => {
    expect(() => overlongPenalty({ limit: 10, cache: 0 })).toThrow(
      'overlong cache: found 0, expected tokens in (0, 10]',
    )
  })
})
