import { from, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Advantages, Estimator } from '#lib/advantage/estimator.js'
import { grpo } from '#lib/advantage/grpo.js'
import { raft } from '#lib/advantage/raft.js'
import { advantage } from '#operators/advantage.js'
import { aRewardedGroup, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

/** How far a reward is from the mean of all that it is compared with. */
const centred = (scope: Estimator['scope'], asked: unknown[] = []): Estimator => {
  const about = (rewards: readonly number[]) => rewards.reduce((a, b) => a + b, 0) / rewards.length
  const common = { name: 'centred', rewards: 'any' } as const
  return scope === 'group'
    ? {
        ...common,
        scope,
        advantages: (rewards_G) => {
          asked.push(rewards_G)
          return rewards_G.map((reward) => reward - about(rewards_G))
        },
      }
    : {
        ...common,
        scope,
        advantages: (groups_P) => {
          asked.push(...groups_P)
          const center = about(groups_P.flatMap(({ rewards_G }) => rewards_G))
          return groups_P.map(({ rewards_G }) => rewards_G.map((reward) => reward - center))
        },
      }
}
const reactionTo = (rewards: readonly (number | null)[], advantages_G: readonly number[]) => {
  const input = aRewardedGroup(rewards)
  return { input, outputs: [{ ...input, advantages_G }] }
}

describe('advantage', () => {
  describe('laws, within a group', () => {
    keepsTheLaws({
      operator: () => advantage(centred('group')),
      reactions: [reactionTo([1, 3], [-1, 1]), reactionTo([5, 5], [0, 0]), reactionTo([], [])],
      callbacks: { estimator: (advantages) => advantage({ ...centred('group'), advantages }) },
    })
  })

  describe('laws, over a batch', () => {
    keepsTheLaws({
      operator: () => advantage(centred('batch')),
      reactions: [0, 1].map((batch) => {
        const input = aRewardedGroup([1, 3], { step: batch })
        return { input, outputs: [{ ...input, advantages_G: [-1, 1] }] }
      }),
      callbacks: { estimator: (advantages) => advantage({ ...centred('batch'), advantages }) },
    })
  })

  it('leaves failures out of the comparison: NaN, and the others keep their place', () => {
    const { input, outputs } = reactionTo([null, 1, null, 3], [NaN, -1, NaN, 1])
    virtually(({ cold, expectObservable }) => {
      expectObservable(cold('a|', { a: input }).pipe(advantage(centred('group')))).toBe('a|', { a: outputs[0] })
    })
  })

  it('does not ask the estimator about nothing', () => {
    const asked: (readonly number[])[] = []
    const groups: unknown[] = []
    of(aRewardedGroup([null, null]))
      .pipe(advantage(centred('group', asked)))
      .subscribe((group) => groups.push(group.advantages_G))
    expect(groups).toEqual([[NaN, NaN]])
    expect(asked).toEqual([])
  })

  it('compares a batch as a whole, when it is whole', () => {
    const asked: unknown[] = []
    virtually(({ cold, expectObservable }) => {
      const [a, b] = [aRewardedGroup([1, null], { groups: 2 }), aRewardedGroup([3], { groups: 2, index: 1 })]
      expectObservable(cold('-b-a---|', { a, b }).pipe(advantage(centred('batch', asked)))).toBe('---(ab)|', {
        a: { ...a, advantages_G: [-1, NaN] },
        b: { ...b, advantages_G: [1] },
      })
    })
    expect(asked).toEqual([
      { rewards_G: [1], tokens_G: [1] },
      { rewards_G: [3], tokens_G: [1] },
    ])
  })

  it('counts the batches of a resumed run from its first', () => {
    const seen: number[] = []
    from([6, 5].map((batch) => aRewardedGroup([1], { step: batch })))
      .pipe(advantage(centred('batch'), { firstStep: 5 }))
      .subscribe(({ step: batch }) => seen.push(batch))
    expect(seen).toEqual([5, 6])
  })

  it('refuses an estimator that loses count, or its numbers', () => {
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
        .pipe(advantage(estimator))
        .subscribe({ error: (error: unknown) => errors.push(error) })
    }
    const messages = [
      '1 advantages for 2 rewards',
      'an advantage of NaN',
      'an advantage of -Infinity',
      'advantages of 0 groups for 1 groups',
    ]
    expect(errors).toMatchObject(
      messages.map((message) => ({ _tag: 'BrokenInvariant', message: `estimator odd returned ${message}` })),
    )
  })

  it('marks what the estimator excludes with NaN', () => {
    const seen: unknown[] = []
    of(aRewardedGroup([-1, null, 1]))
      .pipe(advantage(raft()))
      .subscribe(({ advantages_G }) => seen.push(advantages_G))
    expect(seen).toEqual([[NaN, NaN, 1]])
  })

  it('with grpo: within the group, in standard deviations', () => {
    const seen: number[][] = []
    of(aRewardedGroup([1, -1, 1, -1]))
      .pipe(advantage(grpo()))
      .subscribe(({ advantages_G }) => seen.push([...advantages_G]))
    const each = 1 / (Math.sqrt(4 / 3) + 1e-6)
    expect(seen).toEqual([[each, -each, each, -each]])
  })
})
