import * as E from 'fp-ts/lib/Either.js'
import { NEVER, type Observable, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { ppoClip } from '#algorithms.js'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { gate } from '#lib/control/gate.js'
import type { Policy } from '#lib/policy/policy.js'
import { aFilteredBatch, aGroup, anUpdate, virtually } from '#testing.js'

const how = { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 1 }
const prompts = (step: number) => ({ step, prompts: [] })
const group = aGroup()
/** Draws a group at once, and counts how often it was asked. */
const policyOf = () => {
  const asked: number[] = []
  const policy: Policy = {
    version: 7,
    sample: ({ step }) => {
      asked.push(step)
      return of(group)
    },
    score: () => NEVER,
  }
  return { policy, asked }
}
const handClock = () => {
  const hand = { time: 0 }
  return { hand, clock: () => hand.time }
}

describe('gate', () => {
  it('lets draws through while it is open, and keeps them while it is held', () => {
    virtually(({ cold, expectObservable }) => {
      const { hold, gated } = gate(() => 0)
      const { policy } = policyOf()
      const release = hold()
      cold('---x').subscribe(release)
      expectObservable(gated(policy).sample(prompts(0), how) as typeof NEVER).toBe('---(g|)', { g: group })
      expectObservable(gated(policy).sample(prompts(1), how) as typeof NEVER, '----^').toBe('----(g|)', { g: group })
    })
  })

  it('asks the policy when it opens, not before', () => {
    const { hold, gated } = gate(() => 0)
    const { policy, asked } = policyOf()
    const release = hold()
    ;(gated(policy).sample(prompts(0), how) as typeof NEVER).subscribe()
    expect(asked).toEqual([])
    release()
    expect(asked).toEqual([0])
  })

  it('stays closed until all who hold it let go, each of them once', () => {
    const { hold, gated } = gate(() => 0)
    const { policy, asked } = policyOf()
    const [one, other] = [hold(), hold()]
    ;(gated(policy).sample(prompts(0), how) as typeof NEVER).subscribe()
    one()
    one()
    expect(asked).toEqual([])
    other()
    expect(asked).toEqual([0])
  })

  it('forgets a draw that gave up waiting', () => {
    const { hold, gated } = gate(() => 0)
    const { policy, asked } = policyOf()
    const release = hold()
    const waiting = (gated(policy).sample(prompts(0), how) as typeof NEVER).subscribe()
    waiting.unsubscribe()
    release()
    expect(asked).toEqual([])
  })

  it('holds nothing but draws, and has the version of the policy', () => {
    const { hold, gated } = gate(() => 0)
    const { policy } = policyOf()
    hold()
    expect(gated(policy).version).toBe(7)
    expect(gated(policy).score({} as never)).toBe(NEVER)
  })

  it('holds updates too where it is asked to, and only then', () => {
    const { hold, gatedLearner } = gate(() => 0)
    const updated: number[] = []
    const learner = gatedLearner({
      update: ({ step }) => {
        updated.push(step)
        return of(anUpdate())
      },
      snapshot: () => () => Promise.resolve(E.left(new CheckpointError('', '', ''))),
    })
    const update = (batch: number) =>
      (learner.update(aFilteredBatch(batch), ppoClip()) as Observable<unknown>).subscribe()
    const draws = hold()
    update(0)
    expect(updated).toEqual([0])
    const both = hold({ updates: true })
    update(1)
    draws()
    expect(updated).toEqual([0])
    both()
    expect(updated).toEqual([0, 1])
  })

  it('has a clock that stands while a draw is kept, and only then', () => {
    const { hand, clock } = handClock()
    const held = gate(clock)
    const { policy } = policyOf()
    hand.time = 10
    const release = held.hold()
    hand.time = 15
    expect(held.clock()).toBe(15)
    const draws = [0, 1].map((batch) => (held.gated(policy).sample(prompts(batch), how) as typeof NEVER).subscribe())
    hand.time = 40
    expect(held.clock()).toBe(15)
    release()
    expect(held.clock()).toBe(15)
    hand.time = 42
    expect(held.clock()).toBe(17)
    for (const draw of draws) draw.unsubscribe()
    expect(held.clock()).toBe(17)
  })
})
