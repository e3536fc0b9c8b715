import * as E from 'fp-ts/lib/Either.js'
import { EMPTY, from, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Batch } from '#lib/rollout/batch.js'
import type { Scores } from '#lib/rollout/scores.js'
import type { RewardedGroup } from '#lib/rollout/rollout-group.js'
import { klPenalty, type KlPenaltyOptions, type KlPenaltyPorts } from '#operators/kl-penalty.js'
import { aRewardedGroup, marblePolicy, someScores } from '#testing.js'
import { keepsTheLaws } from './laws.js'

/** Policy whose log-probability of every token is -1. The log-probabilities of sampling are -1, too, and are not read. */
const policy = marblePolicy()

/** Reference policy whose log-probability of every token is 0.5 below the policy's. */
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
      operator: () => klPenalty({ policy, reference }, options, demand),
      reactions: [0, 1].map((step) => {
        const input = aRewardedGroup([1, null, -1], { step })
        return { input, outputs: [penalised(input)] }
      }),
      ports: {
        'policy.score': (answer) => klPenalty({ policy: { score: answer }, reference }, options, demand),
        'reference.score': (answer) => klPenalty({ policy, reference: { score: answer } }, options, demand),
      },
    })
  })

  const outputsOf = (
    groups: readonly RewardedGroup[],
    ports: Partial<KlPenaltyPorts> = {},
    but: KlPenaltyOptions = {},
  ) => {
    const found: unknown[] = []
    from(groups)
      .pipe(klPenalty({ policy, reference, ...ports }, { ...options, ...but }, demand))
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
    expect(outputsOf([aRewardedGroup()], { reference: { score: () => EMPTY } })).toMatchObject([
      { _tag: 'BrokenInvariant', message: 'step 0: found no scores of the reference policy, expected one value' },
    ])
  })

  it('does not read the log-probabilities of sampling, which are of a truncated distribution or of rounded weights', () => {
    const group = aRewardedGroup([1, -1])
    const sampled = {
      ...group,
      completions: group.completions.map((each) => ({ ...each, logprobs_T: each.logprobs_T.map(() => -7) })),
    }
    expect(outputsOf([sampled], { reference: policy })).toEqual([sampled])
  })

  it('compares both policies at the score temperature', () => {
    const group = aRewardedGroup([1, -1])
    const half = (scored: Scores): Scores => ({
      ...scored,
      tempered: { temperature: 0.5, logprobs_BT: scored.logprobs_BT.map(() => -1.25) },
    })
    const tempered = { score: (batch: Batch) => of(half(someScores(batch))) }
    const ports = { policy: marblePolicy(), reference: tempered }
    // The policy has -2 at temperature 0.5, and the reference -1.25.
    expect(outputsOf([group], ports, { scoreTemperature: 0.5 })).toMatchObject([
      {
        rewards_G: group.completions.map(({ tokens }, g) =>
          E.right({ value: (g === 0 ? 1 : -1) + 0.25 * 0.75 * tokens.length }),
        ),
      },
    ])
  })

  it('fails when a policy ignores the score temperature', () => {
    const ignoring = { score: (batch: Batch) => of(someScores(batch)) }
    for (const [ports, name] of [
      [{ policy: ignoring }, 'policy'],
      [{ reference: ignoring }, 'reference policy'],
    ] as const)
      expect(
        outputsOf([aRewardedGroup()], { policy, reference: policy, ...ports }, { scoreTemperature: 0.5 }),
      ).toMatchObject([
        {
          _tag: 'BrokenInvariant',
          message: `step 0: found scores of the ${name} with log-probs at temperature 1, expected temperature 0.5; its score(batch, temperature) returns them as \`tempered\`, or set scoreTemperature to 1`,
        },
      ])
  })

  it.each(['k2', 'k3'] as const)('refuses %s in the reward, unless any form is accepted', (klForm) => {
    expect(() => klPenalty({ policy, reference }, { klForm }, demand)).toThrow(
      new RangeError(
        `klForm: found ${klForm} in the reward, where it can push the policy away from the reference, expected k1; klAnyForm accepts it`,
      ),
    )
    expect(() => klPenalty({ policy, reference }, { klForm, klAnyForm: true }, demand)).not.toThrow()
  })

  it('takes k1 by default', () => {
    const group = aRewardedGroup([1, null, -1])
    const found: unknown[] = []
    of(group)
      .pipe(klPenalty({ policy, reference }, { klCoefficient: 0.25 }, demand))
      .subscribe((output) => found.push(output))
    expect(found).toEqual([penalised(group)])
  })
})
