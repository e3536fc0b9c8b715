import { from, Observable, type ObservableInput } from 'rxjs'
import type { Learner } from '../policy/learner.js'
import type { Policy } from '../policy/policy.js'
import type { Clock } from './clock.js'

/** The three stages that run on the engine. */
export const stages = ['sample', 'score', 'update'] as const

export type Stage = (typeof stages)[number]

/** Told how long a stage worked for a batch; may be told several times, to be added up. @units seconds */
export type RecordStage = (batch: number, stage: Stage, seconds: number) => void

/** A policy that says how long it samples and scores. */
export const timedPolicy = (policy: Policy, clock: Clock, record: RecordStage): Policy => ({
  get version() {
    return policy.version
  },
  sample: (prompts, how) => timed(policy.sample(prompts, how), clock, (s) => record(prompts.step, 'sample', s)),
  score: (batch) => timed(policy.score(batch), clock, (s) => record(batch.step, 'score', s)),
})

/** A learner that says how long it updates. */
export const timedLearner = (learner: Learner, clock: Clock, record: RecordStage): Learner => ({
  update: (batch, how) => timed(learner.update(batch, how), clock, (s) => record(batch.step, 'update', s)),
  snapshot: () => learner.snapshot(),
})

/**
 * Times a port from subscription to completion, in laps: before each value and before completion the time since the
 * last lap is recorded, so whoever gets a value finds all the time it took. What the receiver does inside `next` is
 * its own time, not the port's.
 */
const timed = <A>(port: ObservableInput<A>, clock: Clock, record: (seconds: number) => void): Observable<A> =>
  new Observable((subscriber) => {
    let mark = clock()
    return from(port).subscribe({
      next: (value) => {
        record(clock() - mark)
        subscriber.next(value)
        mark = clock()
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => {
        record(clock() - mark)
        subscriber.complete()
      },
    })
  })
