import { from, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Advantages, Estimator } from '#lib/advantage/estimator.js'
import { grpo } from '#lib/advantage/grpo.js'
import { raft } from '#lib/advantage/raft.js'
import { advantage } from '#operators/advantage.js'
import { aRewardedGroup, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

/** Estimator: reward minus the mean of its scope; records its calls. */
const centred = (scope: Estimator['scope'], calls: unknown[] = []): Estimator => {
  const meanOf = (rewards: readonly number[]) => rewards.reduce((a, b) => a + b, 0) / rewards.length
  const common = { name: 'centred', rewards: 'any' } as const
  return scope === 'group'
    ? {
        ...common,
        scope,
        advantages: (rewards_G) => {
          calls.push(rewards_G)
          return rewards_G.map((reward) => reward - meanOf(rewards_G))
        },
      }
    : {
        ...common,
        scope,
        advantages: (groups_P) => {
          calls.push(...groups_P)
          const center = meanOf(groups_P.flatMap(({ rewards_G }) => rewards_G))
          return groups_P.map(({ rewards_G }) => rewards_G.map((reward) => reward - center))
        },
      }
}
const demand = { firstStep: 0 }
const reactionTo = (rewards: readonly (number | null)[], advantages_G: readonly number[]) => {
  const input = aRewardedGroup(rewards)
  return { input, outputs: [{ ...input, advantages_G }] }
}

describe('advantage', () => {
  describe('laws, within a group', () => {
    keepsTheLaws({
      operator: () => advantage(centred('group'), demand),
      reactions: [reactionTo([1, 3], [-1, 1]), reactionTo([5, 5], [0, 0]), reactionTo([], [])],
      callbacks: { estimator: (advantages) => advantage({ ...centred('group'), advantages }, demand) },
    })
  })

  describe('laws, over a batch', () => {
    keepsTheLaws({
      operator: () => advantage(centred('batch'), demand),
      reactions: [0, 1].map((step) => {
        const input = aRewardedGroup([1, 3], { step })
        return { input, outputs: [{ ...input, advantages_G: [-1, 1] }] }
      }),
      callbacks: { estimator: (advantages) => advantage({ ...centred('batch'), advantages }, demand) },
    })
  })

  it('gives failed completions NaN, and the others keep their order', () => {
    const { input, outputs } = reactionTo([null, 1, null, 3], [NaN, -1, NaN, 1])
    virtually(({ cold, expectObservable }) => {
      expectObservable(cold('a|', { a: input }).pipe(advantage(centred('group'), demand))).toBe('a|', { a: outputs[0] })
    })
  })

  it('does not call the estimator for a group without rewards', () => {
    const calls: (readonly number[])[] = []
    const groups: unknown[] = []
    of(aRewardedGroup([null, null]))
      .pipe(advantage(centred('group', calls), demand))
      .subscribe((group) => groups.push(group.advantages_G))
    expect(groups).toEqual([[NaN, NaN]])
    expect(calls).toEqual([])
  })

  it('compares the rewards of a batch when all its groups have come', () => {
    const calls: unknown[] = []
    virtually(({ cold, expectObservable }) => {
      const [a, b] = [aRewardedGroup([1, null], { groups: 2 }), aRewardedGroup([3], { groups: 2, index: 1 })]
      expectObservable(cold('-b-a---|', { a, b }).pipe(advantage(centred('batch', calls), demand))).toBe('---(ab)|', {
        a: { ...a, advantages_G: [-1, NaN] },
        b: { ...b, advantages_G: [1] },
      })
    })
    expect(calls).toEqual([
      { rewards_G: [1], tokens_G: [1] },
      { rewards_G: [3], tokens_G: [1] },
    ])
  })

  it('starts a resumed run at its first step', () => {
    const seen: number[] = []
    from([6, 5].map((step) => aRewardedGroup([1], { step })))
      .pipe(advantage(centred('batch'), { firstStep: 5 }))
      .subscribe(({ step }) => seen.push(step))
    expect(seen).toEqual([5, 6])
  })

  it('fails when the estimator returns a wrong number of advantages, or one that is not finite', () => {
    const errors: unknown[] = []
    const answering = (advantages: () => Advantages): Estimator => ({ ...grpo(), name: 'odd', advantages })
    const odd: readonly Estimator[] = [
      answering(() => [0]),
      answering(() => [0, NaN]),
      answering(() => [-Infinity, 0]),
      { name: 'odd', scope: 'batch', rewards: 'any', advantages: () => [] },
    ]
    for (const estimator of odd) {
      of(aRewardedGroup([1, 2]))
        .pipe(advantage(estimator, demand))
        .subscribe({ error: (error: unknown) => errors.push(error) })
    }
    const messages = [
      '1 advantages for 2 rewards',
      'an advantage of NaN',
      'an advantage of -Infinity',
      'advantages of 0 groups for 1 groups',
    ]
    expect(errors).toMatchObject(
      messages.map((message) => ({
        _tag: 'BrokenInvariant',
        message: `estimator odd returned ${message}, expected one finite number, or null, for each reward`,
      })),
    )
  })

  it('gives NaN to completions that the estimator excludes', () => {
    const seen: unknown[] = []
    of(aRewardedGroup([-1, null, 1]))
      .pipe(advantage(raft()))
      .subscribe(({ advantages_G }) => seen.push(advantages_G))
    expect(seen).toEqual([[NaN, NaN, 1]])
  })

  it('with grpo: normalises within the group by the standard deviation', () => {
    const seen: number[][] = []
    of(aRewardedGroup([1, -1, 1, -1]))
      .pipe(advantage(grpo()))
      .subscribe(({ advantages_G }) => seen.push([...advantages_G]))
    const each = 1 / (Math.sqrt(4 / 3) + 1e-6)
    expect(seen).toEqual([[each, -each, each, -each]])
  })
})
