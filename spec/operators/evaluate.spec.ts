import { fc, test } from '@fast-check/vitest'
import { from, lastValueFrom, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { evaluationOf } from '#lib/evaluation/evaluation.js'
import { evaluate } from '#operators/evaluate.js'
import { aRewardedGroup } from '#testing.js'
import { keepsTheLaws } from './laws.js'

// Completion g of a built group has g + 1 tokens.
const groups = [
  aRewardedGroup([1, -1], { index: 0 }),
  aRewardedGroup([1, 1], { index: 1 }),
  aRewardedGroup([-1, null], { index: 2 }),
  aRewardedGroup([-1, 1], { step: 1, index: 0 }),
]
const results = [1, 2, 0, 1].map((c) => ({ n: 2, c, tokens: 3, majority: null }))
const options = { ks: [1, 2], seed: 3 }

describe('evaluate', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => evaluate(options),
      reactions: groups.map((input) => ({ input, outputs: [] })),
      atEnd: (seen) => [evaluationOf(results.slice(0, seen), options.ks, options.seed)],
    })
  })

  it('counts a completion without a verdict as not correct', async () => {
    const evaluation = await lastValueFrom(from(groups).pipe(evaluate(options)))
    expect(evaluation).toMatchObject({ prompts: 4, samples: 8, meanAtK: { value: 0.5 }, meanTokens: 1.5 })
    expect(evaluation.passAtK[2]?.value).toBe(0.75)
  })

  // Prompt n has n correct answers, so an order that changed the bootstrap samples would change the result.
  const graded = Array.from({ length: 9 }, (_, index) =>
    aRewardedGroup(
      Array.from({ length: 8 }, (_, g) => (g < index ? 1 : -1)),
      { index },
    ),
  )
  const expected = evaluationOf(
    graded.map((_, c) => ({ n: 8, c, tokens: 36, majority: null })),
    options.ks,
    options.seed,
  )
  test.prop([fc.shuffledSubarray(graded, { minLength: graded.length })], { numRuns: 20 })(
    'does not depend on the order in which groups are judged',
    async (shuffled) => {
      expect(await lastValueFrom(from(shuffled).pipe(evaluate(options)))).toEqual(expected)
    },
  )

  it('refuses a k above the number of completions of a prompt', async () => {
    await expect(lastValueFrom(of(groups[0]!).pipe(evaluate({ ks: [3] })))).rejects.toThrow(RangeError)
  })
})
