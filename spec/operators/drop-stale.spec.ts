import { fc, test } from '@fast-check/vitest'
import { defer, NEVER, of, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { RewardedGroup } from '#lib/rollout/rollout-group.js'
import { dropStale } from '#operators/drop-stale.js'
import { aRewardedGroup, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

/** Group whose first completion was sampled by weights of the given version, and the others by those of version 9. */
const group = (step: number, version: number, index = 0): RewardedGroup => {
  const { completions, ...fields } = aRewardedGroup([1, -1], { step, index, groups: 2 })
  return { ...fields, completions: completions.map((one, g) => ({ ...one, version: g === 0 ? version : 9 })) }
}
const dropped = (group: RewardedGroup): RewardedGroup => ({ ...group, completions: [], rewards_G: [], stale: true })

const start = { firstStep: 0, credits$: NEVER }
const newest = { version: 9 }

describe('dropStale', () => {
  describe('laws', () => {
    const reactions = [
      { input: group(1, 9), outputs: [group(1, 9)] },
      { input: group(1, 7), outputs: [group(1, 7)] },
      { input: group(1, 6), outputs: [dropped(group(1, 6))] },
    ]
    const credited = { firstStep: 0, credits$: of(0) }
    keepsTheLaws({
      operator: () => dropStale(newest, 2, credited),
      reactions,
      ports: { credits: (answer) => dropStale(newest, 2, { firstStep: 0, credits$: defer(answer) }) },
      callbacks: {
        version: (version) =>
          dropStale(
            {
              get version() {
                return version()
              },
            },
            2,
            credited,
          ),
      },
    })
  })

  it('keeps a group until the steps before it have trained, and judges its age by the weights of that time', () => {
    virtually(({ cold, hot, expectObservable }) => {
      const weights = { version: 4 }
      const [a, b, c] = [group(0, 4), group(1, 4), group(1, 5, 1)]
      const credits$ = new Subject<number>()
      hot('----------t').subscribe(() => {
        weights.version = 6
        credits$.next(0)
      })
      const groups$ = cold('-b-a-c|', { a, b, c })
      expectObservable(groups$.pipe(dropStale(weights, 1, { firstStep: 0, credits$ }))).toBe('---a------(bc|)', {
        a,
        b: dropped(b),
        c,
      })
    })
  })

  it('listens to credits from the start, so that a group after them does not wait', () => {
    virtually(({ cold, hot, expectObservable }) => {
      const demand = { firstStep: 3, credits$: hot('-a-b', { a: 3, b: 4 }) }
      const late = group(5, 9)
      expectObservable(cold('------c|', { c: late }).pipe(dropStale(newest, 0, demand))).toBe('------c|', { c: late })
    })
  })

  it('passes a group without completions', () => {
    const empty = { ...group(0, 9), completions: [], rewards_G: [] }
    const seen: RewardedGroup[] = []
    of(empty)
      .pipe(dropStale(newest, 0, start))
      .subscribe((group) => seen.push(group))
    expect(seen).toEqual([empty])
  })

  test.prop([fc.array(fc.nat(9), { maxLength: 12 }), fc.nat(9)])(
    'passes no completion above the maximum age, and drops no group below it',
    (versions, maxStaleness) => {
      const seen: RewardedGroup[] = []
      of(...versions.map((version, index) => group(0, version, index)))
        .pipe(dropStale(newest, maxStaleness, start))
        .subscribe((group) => seen.push(group))
      expect(seen.map(({ stale = false }) => stale)).toEqual(versions.map((version) => 9 - version > maxStaleness))
      for (const { completions } of seen)
        for (const { version } of completions) expect(9 - version).toBeLessThanOrEqual(maxStaleness)
    },
  )

  it.each([-1, 0.5, NaN])('refuses a maximum age of %s', (maxStaleness) => {
    expect(() => dropStale(newest, maxStaleness, start)).toThrow(
      `maxStaleness: found ${maxStaleness}, expected an integer >= 0`,
    )
  })
})
