import { fc, test } from '@fast-check/vitest'
import { from } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { batchOf } from '#lib/batch/batch-of.js'
import type { Batch } from '#lib/rollout/batch.js'
import { toBatches } from '#operators/batch.js'
import { anAdvantagedGroup, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const group = (of: number, index: number, groups = 2) => anAdvantagedGroup([index + 1], { step: of, index, groups })
const whole = (of: number, groups = 2) =>
  batchOf(Array.from({ length: groups }, (_, index) => group(of, index, groups)))

const outcomeOf = (groups: readonly ReturnType<typeof group>[], firstStep = 0) => {
  const batches: Batch[] = []
  const errors: unknown[] = []
  from(groups)
    .pipe(toBatches({ firstStep }))
    .subscribe({ next: (each) => batches.push(each), error: (error: unknown) => errors.push(error) })
  return { batches, errors }
}

describe('batch', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => toBatches(),
      reactions: [0, 1, 2].map((of) => ({ input: group(of, 0, 1), outputs: [whole(of, 1)] })),
    })
  })

  it('waits for all groups of a batch and puts them in the order of their prompts', () => {
    virtually(({ cold, expectObservable }) => {
      const groups$ = cold('b---a---|', { a: group(0, 0), b: group(0, 1) })
      expectObservable(groups$.pipe(toBatches())).toBe('----x---|', { x: whole(0) })
    })
  })

  it('never mixes batches in flight, and keeps their order', () => {
    virtually(({ cold, expectObservable }) => {
      const groups$ = cold('-p-b-q-a---|', { a: group(0, 0), b: group(0, 1), p: group(1, 0), q: group(1, 1) })
      expectObservable(groups$.pipe(toBatches())).toBe('-------(xy)|', { x: whole(0), y: whole(1) })
    })
  })

  it('holds a whole batch that comes before the first group of the one due', () => {
    const { batches } = outcomeOf([group(4, 0, 1), group(3, 0, 1)], 3)
    expect(batches.map((each) => each.step)).toEqual([3, 4])
  })

  test.prop([fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 })])(
    'gives the same batches in whatever order groups come',
    (order) => {
      const { batches, errors } = outcomeOf(order.map((n) => group(Math.floor(n / 3), n % 3, 3)))
      expect(errors).toEqual([])
      expect(batches).toEqual([0, 1, 2].map((of) => whole(of, 3)))
    },
  )

  it.each([
    ['twice', [group(0, 0), group(0, 0)], 'group 0 of batch 0 came twice or late: batch 0 is due'],
    ['after its batch', [group(0, 0, 1), group(0, 1, 1)], 'group 1 of batch 0 came twice or late: batch 1 is due'],
    ['never', [group(0, 1), group(2, 0)], 'the groups ended with batch 0 due and batches 0, 2 waiting'],
  ])('a group that comes %s breaks the run', (_, groups, message) => {
    expect(outcomeOf(groups)).toMatchObject({ errors: [{ _tag: 'BrokenInvariant', message }] })
  })
})
