import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { accountText, addPrompts, countPrompts, noPrompts, promptAccount } from '#lib/run/prompt-account.js'
import { loggedStep } from './reports.js'

const { metrics } = loggedStep(0, 0.5)
const count = fc.nat(50)

describe('the account of the prompts of a run', () => {
  test.prop([fc.array(fc.record({ trained: count, stale: count, failed: count, discarded: count })), count])(
    'has each prompt once',
    (steps, unfinished) => {
      const counts = steps
        .map(({ trained, stale, failed, discarded }) => ({
          ...metrics,
          ...{ groups: trained + stale + failed, staleGroups: stale, failedGroups: failed, discardedGroups: discarded },
        }))
        .reduce<ReturnType<typeof addPrompts>>(addPrompts, noPrompts)!
      const totalOf = (part: 'trained' | 'stale' | 'failed' | 'discarded') =>
        steps.reduce((sum, step) => sum + step[part], 0)
      expect(counts).toEqual({
        ...{ trained: totalOf('trained'), stale: totalOf('stale') },
        ...{ failed: totalOf('failed'), discarded: totalOf('discarded') },
      })
      expect(promptAccount(counts, unfinished)!.issued).toBe(countPrompts(counts) + unfinished)
    },
  )

  it('is unknown after a log of an earlier version', () => {
    const before = addPrompts(noPrompts, { ...metrics, groups: null, failedGroups: null })
    expect(before).toBeNull()
    expect(promptAccount(addPrompts(before, metrics), 3)).toBeNull()
  })

  it('is one line that names what did not train', () => {
    expect(accountText({ ...noPrompts, trained: 1, issued: 1, unfinished: 0 })).toBe('1 prompt: 1 trained')
    expect(accountText({ issued: 12, trained: 6, stale: 1, failed: 2, discarded: 0, unfinished: 3 })).toBe(
      '12 prompts: 6 trained, 1 dropped as stale, 2 without a verdict, 3 of steps that were not finished',
    )
  })
})
