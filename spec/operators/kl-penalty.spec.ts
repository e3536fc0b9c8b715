import * as E from 'fp-ts/lib/Either.js'
import { EMPTY, from, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { RewardedGroup } from '#lib/rollout/rollout-group.js'
import { klPenalty } from '#operators/kl-penalty.js'
import { aRewardedGroup, marblePolicy, someScores } from '#testing.js'
import { keepsTheLaws } from './laws.js'

/** A reference half a nat less sure of every token than the sampler, which gave each log-prob -1. */
const reference = marblePolicy({
  score: (_, batch) => {
    const scores = someScores(batch)
    return of({ ...scores, logprobs_BT: scores.logprobs_BT.map((logprob) => logprob - 0.5) })
  },
})
const options = { klCoefficient: 0.25, klForm: 'k1' } as const

/** The same with each reward less a quarter of half a nat per token; correctness stays. */
const penalised = (group: RewardedGroup): RewardedGroup => ({
  ...group,
  rewards_G: group.rewards_G.map((verdict, g) =>
    E.isRight(verdict)
      ? E.right({ ...verdict.right, value: verdict.right.value - 0.125 * group.completions[g]!.tokens.length })
      : verdict,
  ),
})

describe('klPenalty', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => klPenalty(reference, options),
      reactions: [0, 1].map((batch) => {
        const input = aRewardedGroup([1, null, -1], { step: batch })
        return { input, outputs: [penalised(input)] }
      }),
      ports: { 'reference.score': (answer) => klPenalty({ score: answer }, options) },
    })
  })

  const seen = (groups: readonly RewardedGroup[], policy = reference) => {
    const found: unknown[] = []
    from(groups)
      .pipe(klPenalty(policy, options))
      .subscribe({ next: (group) => found.push(group), error: (error: unknown) => found.push(error) })
    return found
  }

  it('scores a batch as a whole, when it is whole', () => {
    const [a, b] = [aRewardedGroup([1, -1], { groups: 2 }), aRewardedGroup([null, 1], { groups: 2, index: 1 })]
    const asked = reference.scored.length
    expect(seen([b, a])).toEqual([penalised(a), penalised(b)])
    expect(reference.scored.length - asked).toBe(1)
  })

  it('lets a batch without verdicts through, and asks nobody', () => {
    const failed = aRewardedGroup([null, null])
    const asked = reference.scored.length
    expect(seen([failed])).toEqual([failed])
    expect(reference.scored.length).toBe(asked)
  })

  it('breaks when the reference ends without scores', () => {
    expect(seen([aRewardedGroup()], { ...reference, score: () => EMPTY })).toMatchObject([
      { _tag: 'BrokenInvariant', message: 'the reference gave no scores for batch 0' },
    ])
  })
})
