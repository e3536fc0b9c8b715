import { from, type Observable, tap, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { StepReport } from '#lib/report/step-report.js'
import { stageTimer, type StepSeconds, type TimedStep } from '#lib/timing/step-seconds.js'
import { reportOf } from '../run/reports.js'

/** Clock whose time the test sets. */
const manualClock = () => {
  const now = { time: 100 }
  return { now, clock: () => now.time }
}

const secondsOf = (timed$: Observable<TimedStep>): readonly StepSeconds[] => {
  let all: readonly StepSeconds[] = []
  timed$.pipe(toArray()).subscribe((steps) => {
    all = steps.map(({ seconds }) => seconds)
  })
  return all
}

describe('stageTimer', () => {
  it('sums the recorded seconds of a step; the rest of the total is `operators`', () => {
    const { now, clock } = manualClock()
    const { record, timeSteps } = stageTimer(clock, () => 1e8)
    const work = ({ step }: StepReport) => {
      record(step, 'sample', 1)
      record(step, 'sample', 2)
      record(step, 'score', 0.5)
      record(step, 'update', 4)
      now.time += 10
    }
    expect(secondsOf(from([reportOf(0, 0.5), reportOf(1, 0.5)]).pipe(tap(work), timeSteps))).toEqual(
      [0, 1].map((step) => ({ step, sample: 3, score: 0.5, update: 4, operators: 2.5, total: 10, residentBytes: 1e8 })),
    )
  })

  it('keeps steps in flight apart', () => {
    const { now, clock } = manualClock()
    const { record, timeSteps } = stageTimer(clock, () => 1e8)
    const work = ({ step }: StepReport) => {
      if (step === 0) {
        record(0, 'sample', 3)
        record(1, 'sample', 4)
        now.time += 3
      }
      record(step, 'update', 2)
      now.time += 2
    }
    const [first, second] = secondsOf(from([reportOf(0, 0.5), reportOf(1, 0.5)]).pipe(tap(work), timeSteps))
    expect(first).toEqual({ step: 0, sample: 3, score: 0, update: 2, operators: 0, total: 5, residentBytes: 1e8 })
    expect(second).toEqual({ step: 1, sample: 4, score: 0, update: 2, operators: 0, total: 2, residentBytes: 1e8 })
  })

  it('measures the first step from the subscription', () => {
    const { now, clock } = manualClock()
    const steps$ = from([reportOf(0, 0.5)]).pipe(stageTimer(clock, () => 1e8).timeSteps)
    now.time += 50
    expect(secondsOf(steps$)[0]?.total).toBe(0)
  })
})
