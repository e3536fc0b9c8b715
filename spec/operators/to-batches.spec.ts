import { fc, test } from '@fast-check/vitest'
import { from } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { batchOf } from '#lib/batch/batch-of.js'
import { createDemand } from '#lib/control/demand.js'
import type { Batch } from '#lib/rollout/batch.js'
import { toBatches } from '#operators/to-batches.js'
import { anAdvantagedGroup, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const demand = { firstStep: 0 }
const group = (step: number, index: number, groups = 2) => anAdvantagedGroup([index + 1], { step, index, groups })
const batchAt = (step: number, groups = 2) =>
  batchOf(Array.from({ length: groups }, (_, index) => group(step, index, groups)))

const outcomeOf = (groups: readonly ReturnType<typeof group>[], firstStep = 0) => {
  const batches: Batch[] = []
  const errors: unknown[] = []
  from(groups)
    .pipe(toBatches({ firstStep }))
    .subscribe({ next: (batch) => batches.push(batch), error: (error: unknown) => errors.push(error) })
  return { batches, errors }
}

describe('toBatches', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => toBatches(demand),
      reactions: [0, 1, 2].map((step) => ({ input: group(step, 0, 1), outputs: [batchAt(step, 1)] })),
    })
  })

  it('waits for all groups of a batch and puts them in the order of their prompts', () => {
    virtually(({ cold, expectObservable }) => {
      const groups$ = cold('b---a---|', { a: group(0, 0), b: group(0, 1) })
      expectObservable(groups$.pipe(toBatches(demand))).toBe('----x---|', { x: batchAt(0) })
    })
  })

  it('never mixes steps in flight, and keeps their order', () => {
    virtually(({ cold, expectObservable }) => {
      const groups$ = cold('-p-b-q-a---|', { a: group(0, 0), b: group(0, 1), p: group(1, 0), q: group(1, 1) })
      expectObservable(groups$.pipe(toBatches(demand))).toBe('-------(xy)|', { x: batchAt(0), y: batchAt(1) })
    })
  })

  it('keeps a complete batch back until the steps before it are emitted', () => {
    const { batches } = outcomeOf([group(4, 0, 1), group(3, 0, 1)], 3)
    expect(batches.map(({ step }) => step)).toEqual([3, 4])
  })

  test.prop([fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 })])(
    'emits the same batches for every order of the groups',
    (order) => {
      const { batches, errors } = outcomeOf(order.map((n) => group(Math.floor(n / 3), n % 3, 3)))
      expect(errors).toEqual([])
      expect(batches).toEqual([0, 1, 2].map((step) => batchAt(step, 3)))
    },
  )

  it('refuses a step that cannot be in flight, because the demand is not the one of the prompts', () => {
    const errors: unknown[] = []
    from([group(3, 0, 1)])
      .pipe(toBatches(createDemand({ prompts: 1, inFlight: 2 })))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([
      {
        _tag: 'BrokenInvariant',
        message:
          'found group 0 of step 3 while step 0 is incomplete and at most 2 steps are in flight, expected steps from 0 on: pass the demand that `prompts` has',
      },
    ])
  })

  it.each([
    [
      'another number of groups',
      group(0, 1, 3),
      'step 0: found group 1 with groups 3, expected groups 2 and an index from 0 to 1',
    ],
    [
      'an index beyond the groups',
      group(0, 2, 2),
      'step 0: found group 2 with groups 2, expected groups 2 and an index from 0 to 1',
    ],
  ])('refuses a group with %s', (_, odd, message) => {
    expect(outcomeOf([group(0, 0), odd])).toMatchObject({ errors: [{ _tag: 'BrokenInvariant', message }] })
  })

  it.each([
    [
      'twice',
      [group(0, 0), group(0, 0)],
      'found group 0 of step 0 twice or too late, expected each group once, from step 0 on',
    ],
    [
      'after its batch',
      [group(0, 0, 1), group(0, 1, 1)],
      'found group 1 of step 0 twice or too late, expected each group once, from step 1 on',
    ],
    [
      'never',
      [group(0, 1), group(2, 0)],
      'the groups ended before step 0 was complete: steps 0, 2 have groups that were not emitted',
    ],
  ])('a group that comes %s ends the run', (_, groups, message) => {
    expect(outcomeOf(groups)).toMatchObject({ errors: [{ _tag: 'BrokenInvariant', message }] })
  })
})
