import * as E from 'fp-ts/lib/Either.js'
import { NEVER, type Observable, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { ppoClip } from '#algorithms.js'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { gate } from '#lib/control/gate.js'
import type { Policy } from '#lib/policy/policy.js'
import { aFilteredBatch, aGroup, anUpdate, virtually } from '#testing.js'

const sampling = { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 1 }
const prompts = (step: number) => ({ step, prompts: [] })
const group = aGroup()
/** Policy that samples one group at once, and records the steps of its calls. */
const policyOf = () => {
  const calls: number[] = []
  const policy: Policy = {
    version: 7,
    sample: ({ step }) => {
      calls.push(step)
      return of(group)
    },
    score: () => NEVER,
  }
  return { policy, calls }
}
/** Clock whose time the test sets. */
const manualClock = () => {
  const now = { time: 0 }
  return { now, clock: () => now.time }
}

describe('gate', () => {
  it('lets sampling start while it is open, and makes it wait while it is held', () => {
    virtually(({ cold, expectObservable }) => {
      const { hold, gatePolicy } = gate(() => 0)
      const { policy } = policyOf()
      const release = hold()
      cold('---x').subscribe(release)
      expectObservable(gatePolicy(policy).sample(prompts(0), sampling) as typeof NEVER).toBe('---(g|)', { g: group })
      expectObservable(gatePolicy(policy).sample(prompts(1), sampling) as typeof NEVER, '----^').toBe('----(g|)', {
        g: group,
      })
    })
  })

  it('calls the policy when it opens, not before', () => {
    const { hold, gatePolicy } = gate(() => 0)
    const { policy, calls } = policyOf()
    const release = hold()
    ;(gatePolicy(policy).sample(prompts(0), sampling) as typeof NEVER).subscribe()
    expect(calls).toEqual([])
    release()
    expect(calls).toEqual([0])
  })

  it('stays closed until every hold has ended, and each hold ends once', () => {
    const { hold, gatePolicy } = gate(() => 0)
    const { policy, calls } = policyOf()
    const [one, other] = [hold(), hold()]
    ;(gatePolicy(policy).sample(prompts(0), sampling) as typeof NEVER).subscribe()
    one()
    one()
    expect(calls).toEqual([])
    other()
    expect(calls).toEqual([0])
  })

  it('does not call the policy for a waiting subscription that was unsubscribed', () => {
    const { hold, gatePolicy } = gate(() => 0)
    const { policy, calls } = policyOf()
    const release = hold()
    const waiting = (gatePolicy(policy).sample(prompts(0), sampling) as typeof NEVER).subscribe()
    waiting.unsubscribe()
    release()
    expect(calls).toEqual([])
  })

  it('holds sampling only, and has the version of the policy', () => {
    const { hold, gatePolicy } = gate(() => 0)
    const { policy } = policyOf()
    hold()
    expect(gatePolicy(policy).version).toBe(7)
    expect(gatePolicy(policy).score({} as never)).toBe(NEVER)
  })

  it('holds updates only when the hold names them', () => {
    const { hold, gateLearner } = gate(() => 0)
    const updates: number[] = []
    const learner = gateLearner({
      update: ({ step }) => {
        updates.push(step)
        return of(anUpdate())
      },
      snapshot: () => () => Promise.resolve(E.left(new CheckpointError('', '', ''))),
    })
    const update = (step: number) =>
      (learner.update(aFilteredBatch(step), ppoClip()) as Observable<unknown>).subscribe()
    const endSamplingHold = hold()
    update(0)
    expect(updates).toEqual([0])
    const endBothHold = hold({ updates: true })
    update(1)
    endSamplingHold()
    expect(updates).toEqual([0])
    endBothHold()
    expect(updates).toEqual([0, 1])
  })

  it('has a clock that stands still while a call waits, and only then', () => {
    const { now, clock } = manualClock()
    const held = gate(clock)
    const { policy } = policyOf()
    now.time = 10
    const release = held.hold()
    now.time = 15
    expect(held.clock()).toBe(15)
    const samplings = [0, 1].map((step) =>
      (held.gatePolicy(policy).sample(prompts(step), sampling) as typeof NEVER).subscribe(),
    )
    now.time = 40
    expect(held.clock()).toBe(15)
    release()
    expect(held.clock()).toBe(15)
    now.time = 42
    expect(held.clock()).toBe(17)
    for (const sampling of samplings) sampling.unsubscribe()
    expect(held.clock()).toBe(17)
  })
})
