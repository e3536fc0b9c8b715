import { catchError, from, lastValueFrom, of, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { PipelineError } from '#lib/pipeline-error.js'
import { refusals, type SkipReason, type UpdateReport } from '#lib/policy/learner.js'
import { limitRefusals } from '#operators/limit-refusals.js'
import { anUpdate, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const skip = (reason: SkipReason, step = 0) => ({ step, outcome: { status: 'skipped', version: 0, reason } as const })
const update = (step = 0): { readonly step: number; readonly outcome: UpdateReport } => ({ step, outcome: anUpdate() })
const [u, r, s, n] = [update(), skip('non-finite-weights', 7), skip('zero-advantage'), skip('nothing-accepted')]
const tooMany = expect.objectContaining({
  _tag: 'Diverged',
  message:
    'step 8: found 3 refused updates in a row (non-finite-weights), expected fewer; a lower learning rate may prevent it',
}) as unknown

/** Events of the operator for a line of outcomes. */
const eventsOf = (line: string, limit = 3): readonly unknown[] => {
  const events: unknown[] = []
  const outcomes = { u, r, s, n }
  from(Array.from(line, (letter) => outcomes[letter as keyof typeof outcomes]))
    .pipe(limitRefusals(limit))
    .subscribe({
      next: (report) => events.push(Object.entries(outcomes).find(([, one]) => one === report)![0]),
      error: (error: unknown) => events.push(error),
      complete: () => events.push('|'),
    })
  return events
}

describe('limitRefusals', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => limitRefusals(2),
      reactions: [u, r, u, r].map((input) => ({ input, outputs: [input] })),
    })
  })

  it('ends the run after the limit of refused updates in a row, and passes the last report before', () => {
    expect(eventsOf('urrurrru')).toEqual([...Array.from('urrurrr'), tooMany])
  })

  it('counts across steps that are skipped for another reason, and does not count those', () => {
    expect(eventsOf('rsrnr')).toEqual([...Array.from('rsrnr'), tooMany])
    expect(eventsOf('ssssnnnn')).toEqual([...Array.from('ssssnnnn'), '|'])
  })

  it('emits the last report and the error in the same frame, and unsubscribes from the run', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const reports$ = cold('-u-r-r-u-r-|', { u, r })
      const tagged = catchError((error: unknown) => of(error instanceof PipelineError ? error._tag : error))
      expectObservable(reports$.pipe(limitRefusals(2), tagged)).toBe('-u-r-(re|)', { u, r, e: 'Diverged' })
      expectSubscriptions(reports$.subscriptions).toBe('^----!')
    })
  })

  it('counts every reason of a refused update, and names each reason once', async () => {
    const reports = [...refusals, ...refusals].map((reason, step) => skip(reason, step))
    await expect(lastValueFrom(from(reports).pipe(limitRefusals(6), toArray()))).rejects.toThrow(
      'step 6: found 6 refused updates in a row (non-finite-loss, non-finite-weights, gradient-spike)',
    )
  })

  it('refuses a limit that is no number of updates', () => {
    expect(() => limitRefusals(0)).toThrow(
      new RangeError('limit of refused updates: found 0, expected an integer >= 1'),
    )
  })
})
