import { concatMap, concatWith, from, ignoreElements, type ObservableInput, of } from 'rxjs'
import type { FilteredBatch } from '../rollout/batch.js'
import { type Learner, type Refusal, refusalOf } from './learner.js'
import { mapLearner } from './map-learner.js'

/** Batch whose update a learner refused. */
export interface RefusedBatch {
  readonly reason: Refusal
  readonly batch: FilteredBatch
}

/** Port that keeps a refused batch for inspection. It completes when the batch is kept. */
export type Quarantine = (refused: RefusedBatch) => ObservableInput<unknown>

/**
 * Wraps a learner so that every batch whose update it refuses goes to a quarantine. The report follows when the batch is kept.
 *
 *     update        --u|   --r|        u: updated, r: refused
 *     quarantine             ---|
 *     output        --u|   -----(r|)
 *
 * @errors every error of the learner and of the quarantine
 * @example
 * const learner = withQuarantine(model.learner, keepIn('runs/mine'))
 * pipeline({ ...ports, learner }, options).subscribe()
 */
export const withQuarantine = (learner: Learner, keep: Quarantine): Learner =>
  mapLearner(learner, {
    update: (batch, objective) =>
      from(learner.update(batch, objective)).pipe(
        concatMap((report) => {
          const reason = refusalOf(report)
          return reason === null
            ? of(report)
            : from(keep({ reason, batch })).pipe(ignoreElements(), concatWith(of(report)))
        }),
      ),
  })
