import { from, NEVER, of, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { refusals, type UpdateReport } from '#lib/policy/learner.js'
import { lockOf } from '#lib/policy/learner-lock.js'
import { type RefusedBatch, withQuarantine } from '#lib/policy/quarantine.js'
import { aFilteredBatch, anUpdate, fakeLearner, virtually } from '#testing.js'

const batch = aFilteredBatch(3)
const refused = { status: 'skipped', version: 1, reason: 'non-finite-weights' } as const
const learnerOf = (report: UpdateReport) => fakeLearner({ update: () => of(report) })
const update = (report: UpdateReport, keep: Parameters<typeof withQuarantine>[1]) =>
  from(withQuarantine(learnerOf(report), keep).update(batch, ppoClip()))

describe('withQuarantine', () => {
  it.each(refusals)('keeps the batch of an update that was refused for %s', (reason) => {
    const kept: RefusedBatch[] = []
    const seen: UpdateReport[] = []
    update({ ...refused, reason }, (each) => of(kept.push(each))).subscribe((report) => seen.push(report))
    expect(kept).toEqual([{ reason, batch }])
    expect(seen).toEqual([{ ...refused, reason }])
  })

  it.each([
    anUpdate(),
    { ...refused, reason: 'zero-advantage' } as const,
    { ...refused, reason: 'nothing-accepted' } as const,
  ])('keeps no batch of another outcome: %j', (report) => {
    virtually(({ expectObservable }) => {
      const keep = () => throwError(() => new Error('kept'))
      expectObservable(update(report, keep)).toBe('(r|)', { r: report })
    })
  })

  it('reports when the batch is kept, and ends the keeping when it is unsubscribed', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const keeping = cold('--x--|')
      const report$ = update(refused, () => keeping)
      expectObservable(report$).toBe('-----(r|)', { r: refused })
      expectSubscriptions(keeping.subscriptions).toBe('^----!')
      const hanging = cold('-')
      const waiting$ = update(refused, () => hanging)
      expectObservable(waiting$, '^--!').toBe('')
      expectSubscriptions(hanging.subscriptions).toBe('^--!')
    })
  })

  it('passes an error of the quarantine on', () => {
    virtually(({ cold, expectObservable }) => {
      const report$ = update(refused, () => cold('-#', {}, 'full'))
      expectObservable(report$).toBe('-#', {}, 'full')
    })
  })

  it('has the lock and the snapshot of the learner', async () => {
    const learner = fakeLearner()
    const wrapped = withQuarantine(learner, () => NEVER)
    expect(lockOf(wrapped)).toBe(lockOf(learner))
    expect(await wrapped.snapshot()()).toEqual(await learner.snapshot()())
  })
})
