import { concatMap, type Observable, range } from 'rxjs'
import { supervised } from '../lib/objective/supervised.js'
import type { Learner, UpdateReport } from '../lib/policy/learner.js'
import { demonstrationBatch } from '../lib/batch/demonstration-batch.js'
import type { Demonstration } from '../lib/rollout/demonstration.js'

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
 * @errors every error of the learner, and every error that `demonstration` throws
 * @example
 * pretraining(model.learner, task.demonstrations(7), { steps: 400, batch: 32 }).subscribe()
 */
export const pretraining = (
  learner: Learner,
  demonstration: (n: number) => Demonstration,
  { steps, batch }: PretrainingOptions,
): Observable<UpdateReport> => {
  const objective = supervised()
  const demonstrationsOf = (step: number) => Array.from({ length: batch }, (_, i) => demonstration(step * batch + i))
  // concatMap builds the next batch when the previous step is done, so that only one batch is in memory.
  return range(0, steps).pipe(
    concatMap((step) => learner.update(demonstrationBatch(step, demonstrationsOf(step)), objective)),
  )
}
