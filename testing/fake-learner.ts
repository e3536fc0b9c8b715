import * as TE from 'fp-ts/lib/TaskEither.js'
import { defer, of, type ObservableInput } from 'rxjs'
import { CheckpointError } from '../lib/checkpoint/checkpoint-error.js'
import type { Objective } from '../lib/objective/objective.js'
import type { Learner, UpdateReport } from '../lib/policy/learner.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'
import { anUpdate } from './batches.js'

export interface FakeLearnerOptions {
  /** When, and as what, an update is reported; at once unless given. */
  readonly update?: (report: UpdateReport, batch: FilteredBatch) => ObservableInput<UpdateReport>
}

/** A learner without weights, and what it was given. */
export interface FakeLearner extends Learner {
  readonly updates: readonly FilteredBatch[]
  /** The objective of each. */
  readonly objectives: readonly Objective[]
}

/**
 * A learner whose n-th update publishes version n.
 *
 *     fakeLearner({ update: (report) => cold('---(r|)', { r: report }) })
 */
export const fakeLearner = ({ update = (report) => of(report) }: FakeLearnerOptions = {}): FakeLearner => {
  const updates: FilteredBatch[] = []
  const objectives: Objective[] = []
  return {
    updates,
    objectives,
    update: (batch, how) =>
      defer(() => {
        objectives.push(how)
        return update(anUpdate(updates.push(batch)), batch)
      }),
    snapshot: () => TE.left(new CheckpointError('snapshot', 'a fake learner', 'a learner with weights')),
  }
}
