import { from, Observable, type ObservableInput } from 'rxjs'
import type { Learner } from '../policy/learner.js'
import type { LearnerState } from '../checkpoint/training-state.js'
import { mapLearner } from '../policy/map-learner.js'
import { mapPolicy } from '../policy/map-policy.js'
import type { Policy } from '../policy/policy.js'
import type { Clock } from './clock.js'

/** Stages that run on the engine. */
export const stages = ['sample', 'score', 'update'] as const

/** Stage that runs on the engine. */
export type Stage = (typeof stages)[number]

/** Callback that adds to the time that a stage spent on a step; called once for each lap. @units seconds */
export type RecordStage = (step: number, stage: Stage, seconds: number) => void

/**
 * Wraps a policy so that the time it spends on sampling and scoring is recorded.
 *
 * @units seconds, by `clock`
 * @example
 * timedPolicy(policy, () => performance.now() / 1000, (step, stage, seconds) => console.log(step, stage, seconds))
 */
export const timedPolicy = (policy: Policy, clock: Clock, record: RecordStage): Policy =>
  mapPolicy(policy, {
    sample: (call, { step }) => recordLaps(call(), clock, (seconds) => record(step, 'sample', seconds)),
    score: (call, { step }) => recordLaps(call(), clock, (seconds) => record(step, 'score', seconds)),
  })

/**
 * Wraps a learner so that the time it spends on updates is recorded.
 *
 * @units seconds, by `clock`
 * @example
 * timedLearner(learner, () => performance.now() / 1000, (step, stage, seconds) => console.log(step, stage, seconds))
 */
export const timedLearner = <State extends LearnerState>(
  learner: Learner<State>,
  clock: Clock,
  record: RecordStage,
): Learner<State> =>
  mapLearner(learner, {
    update: (batch, how) =>
      recordLaps(learner.update(batch, how), clock, (seconds) => record(batch.step, 'update', seconds)),
  })

/**
 * Records the time of a port from subscription to completion in laps: the time since the last lap is recorded before each
 * value and before completion, so the record is up to date when the receiver gets the value. Time that the receiver spends
 * inside `next` is not recorded.
 */
const recordLaps = <A>(port: ObservableInput<A>, clock: Clock, record: (seconds: number) => void): Observable<A> =>
  new Observable((subscriber) => {
    let lapStart = clock()
    return from(port).subscribe({
      next: (value) => {
        record(clock() - lapStart)
        subscriber.next(value)
        lapStart = clock()
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => {
        record(clock() - lapStart)
        subscriber.complete()
      },
    })
  })
