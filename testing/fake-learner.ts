import * as TE from 'fp-ts/lib/TaskEither.js'
import { defer, type ObservableInput, of } from 'rxjs'
import { CheckpointError } from '../lib/checkpoint/checkpoint-error.js'
import type { Objective } from '../lib/objective/objective.js'
import type { Learner, UpdateReport } from '../lib/policy/learner.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'
import { anUpdate } from './batches.js'

/** Options of {@link fakeLearner}. */
export interface FakeLearnerOptions {
  /** Answers an update: when, and with which report. Default: the given report, at once. */
  readonly update?: (report: UpdateReport, batch: FilteredBatch) => ObservableInput<UpdateReport>
}

/** Learner without weights that records its calls. */
export interface FakeLearner extends Learner {
  /** Batches of all updates, in order. */
  readonly updates: readonly FilteredBatch[]
  /** Objectives of all updates, in order. */
  readonly objectives: readonly Objective[]
}

/**
 * Creates a learner without weights. Its n-th update publishes version n; its snapshot is a CheckpointError.
 *
 *     update( batch )    ---(r|)        with the option of the example
 *
 * @example
 * virtually(({ cold }) => {
 *   const learner = fakeLearner({ update: (report) => cold('---(r|)', { r: report }) })
 * })
 */
export const fakeLearner = ({ update = (report) => of(report) }: FakeLearnerOptions = {}): FakeLearner => {
  const updates: FilteredBatch[] = []
  const objectives: Objective[] = []
  return {
    updates,
    objectives,
    update: (batch, objective) =>
      defer(() => {
        objectives.push(objective)
        return update(anUpdate(updates.push(batch)), batch)
      }),
    snapshot: () => TE.left(new CheckpointError('snapshot', 'a fake learner', 'a learner with weights')),
  }
}
