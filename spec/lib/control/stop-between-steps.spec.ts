import { concatMap, EMPTY, from, type Observable, of, ReplaySubject, take } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { stopBetweenSteps } from '#lib/control/stop-between-steps.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import type { Learner, UpdateReport } from '#lib/policy/learner.js'
import { withQuarantine } from '#lib/policy/quarantine.js'
import { aFilteredBatch, anUpdate, fakeLearner, virtually } from '#testing.js'

const report = anUpdate()

/** Steps of a run: the reports of one update after the other. */
const stepsOf = (learner: Learner): Observable<UpdateReport> =>
  from([0, 1, 2].map((step) => aFilteredBatch(step))).pipe(
    concatMap((batch) => from(learner.update(batch, ppoClip())).pipe(take(1))),
  )

describe('a run that is stopped between its steps', () => {
  it('gives up an update at once if the learner does so', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const updates = cold('---r|', { r: report })
      const { learner, untilStopped } = stopBetweenSteps(fakeLearner({ update: () => updates }), cold('-----s'))
      expectObservable(stepsOf(learner).pipe(untilStopped)).toBe('---r-|', { r: report })
      expectSubscriptions(updates.subscriptions).toBe(['^--!', '---^-!'])
    })
  })

  it('has the report of an update that the learner finishes in any case, and begins no further one', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const updates = cold('---r|', { r: report })
      const finishing = { ...fakeLearner({ update: () => updates }), finishesUpdates: true }
      const { learner, untilStopped } = stopBetweenSteps(finishing, cold('-----s'))
      expectObservable(stepsOf(learner).pipe(untilStopped)).toBe('---r--(r|)', { r: report })
      expectSubscriptions(updates.subscriptions).toBe(['^--!', '---^--!'])
    })
  })

  it('has the report of an update that is made while the report is on its way', () => {
    virtually(({ cold, expectObservable }) => {
      const refused = { status: 'skipped', version: 0, reason: 'gradient-spike' } as const
      const updates = cold('---r|', { r: refused })
      const { learner, untilStopped } = stopBetweenSteps(fakeLearner({ update: () => updates }), cold('-----s'))
      const steps$ = stepsOf(withQuarantine(learner, () => cold('-----|')))
      expectObservable(steps$.pipe(untilStopped)).toBe('--------(r|)', { r: refused })
    })
  })

  it('ends with the error of an update that the learner finishes', () => {
    virtually(({ cold, expectObservable }) => {
      const finishing = { ...fakeLearner({ update: () => cold('-----#', {}, 'gone') }), finishesUpdates: true }
      const { learner, untilStopped } = stopBetweenSteps(finishing, cold('--s'))
      expectObservable(stepsOf(learner).pipe(untilStopped)).toBe('-----#', {}, 'gone')
    })
  })

  it('does not begin after a request that came before', () => {
    const stop$ = new ReplaySubject<void>(1)
    stop$.next()
    const fake = fakeLearner()
    const { learner, untilStopped } = stopBetweenSteps(fake, stop$)
    let isComplete = false
    stepsOf(learner)
      .pipe(untilStopped)
      .subscribe({ complete: () => (isComplete = true) })
    expect([isComplete, fake.updates]).toEqual([true, []])
  })

  it('is the whole run without a request', () => {
    virtually(({ expectObservable }) => {
      const { learner, untilStopped } = stopBetweenSteps(fakeLearner({ update: () => of(report) }), EMPTY)
      expectObservable(stepsOf(learner).pipe(untilStopped)).toBe('(rrr|)', { r: report })
    })
  })
})
