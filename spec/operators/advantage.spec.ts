import { from, of, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Estimator } from '#lib/advantage/estimator.js'
import { grpo } from '#lib/advantage/grpo.js'
import { advantage } from '#operators/advantage.js'
import { aRewardedGroup, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

/** How far a reward is from the mean of all that it is compared with. */
const centred = (scope: Estimator['scope'], asked: (readonly number[])[] = []): Estimator => ({
  name: 'centred',
  scope,
  advantages: (rewards) => {
    asked.push(rewards)
    return rewards.map((reward) => reward - rewards.reduce((a, b) => a + b, 0) / rewards.length)
  },
})
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
        const input = aRewardedGroup([1, 3], { batch })
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
    const asked: (readonly number[])[] = []
    virtually(({ cold, expectObservable }) => {
      const [a, b] = [aRewardedGroup([1, null], { groups: 2 }), aRewardedGroup([3], { groups: 2, index: 1 })]
      expectObservable(cold('-b-a---|', { a, b }).pipe(advantage(centred('batch', asked)))).toBe('---(ab)|', {
        a: { ...a, advantages_G: [-1, NaN] },
        b: { ...b, advantages_G: [1] },
      })
    })
    expect(asked).toEqual([[1, 3]])
  })

  it('counts the batches of a resumed run from its first', () => {
    const seen: number[] = []
    from([6, 5].map((batch) => aRewardedGroup([1], { batch })))
      .pipe(advantage(centred('batch'), { firstBatch: 5 }))
      .subscribe(({ batch }) => seen.push(batch))
    expect(seen).toEqual([5, 6])
  })

  it('refuses an estimator that loses count', () => {
    const errors: unknown[] = []
    const short: Estimator = { name: 'short', scope: 'group', advantages: () => [0] }
    of(aRewardedGroup([1, 2]))
      .pipe(advantage(short), toArray())
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([
      { _tag: 'BrokenInvariant', message: 'estimator short returned 1 advantages for 2 rewards' },
    ])
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
