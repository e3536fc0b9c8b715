import { concatMap, defer, from, map, type Observable, range, tap } from 'rxjs'
import { checkOption, integerFrom } from '../lib/option.js'
import { supervised } from '../lib/objective/supervised.js'
import { checkUpdate } from '../lib/policy/check-update.js'
import type { Learner, UpdateReport } from '../lib/policy/learner.js'
import { lockOf } from '../lib/policy/learner-lock.js'
import { demonstrationBatch } from '../lib/batch/demonstration-batch.js'
import type { Demonstration } from '../lib/rollout/demonstration.js'
import { takeOne } from '../operators/take-one.js'

/** Options of {@link pretraining}. */
export interface PretrainingOptions {
  /** Number of optimiser steps. */
  readonly steps: number
  /** Number of demonstrations per optimiser step. */
  readonly batch: number
}

/**
 * Supervised training on demonstrations, which makes a base model for reinforcement learning. Emits the report of each
 * step.
 *
 *     for step in 1..steps:  theta <- AdamW( mean over tokens of -log pi(y_t | x, y_<t) )
 *
 * `demonstration(n)` returns the n-th demonstration, from 0 on.
 *
 * @errors RangeError when `steps` or `batch` is no integer >= 1; PipelineError AlreadyRunning when the learner serves another
 *         run, BrokenInvariant when it returns a report that its port does not allow; every error of the learner, and every
 *         error that `demonstration` throws
 * @example
 * pretraining(model.learner, task.demonstrations(7), { steps: 400, batch: 32 }).subscribe()
 */
export const pretraining = (
  learner: Learner,
  demonstration: (n: number) => Demonstration,
  { steps, batch }: PretrainingOptions,
): Observable<UpdateReport> => {
  checkOption('steps', steps, integerFrom(1))
  checkOption('batch', batch, integerFrom(1))
  const objective = supervised()
  const lock = lockOf(learner)
  const demonstrationsOf = (step: number) => Array.from({ length: batch }, (_, i) => demonstration(step * batch + i))
  // concatMap builds the next batch when the previous step is done, so that only one batch is in memory.
  return defer(() => {
    let version = -1
    return range(0, steps).pipe(
      concatMap((step) => {
        const examples = demonstrationBatch(step, demonstrationsOf(step))
        lock.admit(examples)
        return from(learner.update(examples, objective)).pipe(
          takeOne('report of the learner', step),
          map((report) => checkUpdate(report, step, version)),
        )
      }),
      tap((report) => {
        version = report.version
      }),
    )
  }).pipe(lock.run)
}
