import * as E from 'fp-ts/lib/Either.js'
import { EMPTY, from, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { RewardedGroup } from '#lib/rollout/rollout-group.js'
import { klPenalty } from '#operators/kl-penalty.js'
import { aRewardedGroup, marblePolicy, someScores } from '#testing.js'
import { keepsTheLaws } from './laws.js'

/** Reference policy whose log-probability of every token is 0.5 below the sampler's, which is -1. */
const reference = marblePolicy({
  score: (_, batch) => {
    const scores = someScores(batch)
    return of({ ...scores, logprobs_BT: scores.logprobs_BT.map((logprob) => logprob - 0.5) })
  },
})
const options = { klCoefficient: 0.25, klForm: 'k1' } as const
const demand = { firstStep: 0 }

/** The group with 0.25 * 0.5 nats per token subtracted from each reward; `correct` is unchanged. */
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
      operator: () => klPenalty(reference, options, demand),
      reactions: [0, 1].map((step) => {
        const input = aRewardedGroup([1, null, -1], { step })
        return { input, outputs: [penalised(input)] }
      }),
      ports: { 'reference.score': (answer) => klPenalty({ score: answer }, options, demand) },
    })
  })

  const outputsOf = (groups: readonly RewardedGroup[], policy = reference) => {
    const found: unknown[] = []
    from(groups)
      .pipe(klPenalty(policy, options, demand))
      .subscribe({ next: (group) => found.push(group), error: (error: unknown) => found.push(error) })
    return found
  }

  it('scores a batch once, when all its groups have come', () => {
    const [a, b] = [aRewardedGroup([1, -1], { groups: 2 }), aRewardedGroup([null, 1], { groups: 2, index: 1 })]
    const before = reference.scored.length
    expect(outputsOf([b, a])).toEqual([penalised(a), penalised(b)])
    expect(reference.scored.length - before).toBe(1)
  })

  it('passes a batch without verdicts on, and does not call the reference', () => {
    const failed = aRewardedGroup([null, null])
    const before = reference.scored.length
    expect(outputsOf([failed])).toEqual([failed])
    expect(reference.scored.length).toBe(before)
  })

  it('fails when the reference completes without scores', () => {
    expect(outputsOf([aRewardedGroup()], { ...reference, score: () => EMPTY })).toMatchObject([
      { _tag: 'BrokenInvariant', message: 'step 0: found no scores of the reference policy, expected one value' },
    ])
  })
})
