import { concatMap, type Observable, range } from 'rxjs'
import { supervised } from '../lib/objective/supervised.js'
import type { Learner, UpdateReport } from '../lib/policy/learner.js'
import { demonstrationBatch } from '../lib/batch/demonstration-batch.js'
import type { Demonstration } from '../lib/rollout/demonstration.js'

export interface PretrainingOptions {
  readonly steps: number
  /** Demonstrations per optimiser step. */
  readonly batch: number
}

/**
 * Supervised training on demonstrations: what makes a base model before reinforcement learning.
 *
 *     for step in 1..steps:  theta <- AdamW( mean over tokens of -log pi(y_t | x, y_<t) )
 *
 * `demonstration(n)` gives the n-th demonstration of an endless supply.
 */
export const pretraining = (
  learner: Learner,
  demonstration: (n: number) => Demonstration,
  { steps, batch }: PretrainingOptions,
): Observable<UpdateReport> => {
  const objective = supervised()
  const drawn = (step: number) => Array.from({ length: batch }, (_, i) => demonstration(step * batch + i))
  // concatMap asks for its next step when the one before is done: one batch is alive at a time.
  return range(0, steps).pipe(concatMap((step) => learner.update(demonstrationBatch(step, drawn(step)), objective)))
}
