import * as TE from 'fp-ts/lib/TaskEither.js'
import { from, lastValueFrom } from 'rxjs'
import type { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { TrainingState } from '../../checkpoint/training-state.js'
import type { Objective } from '../../objective/objective.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import type { Learner, UpdateReport } from '../learner.js'

/** Reads a state from memory or from a file. */
type ReadState = TE.TaskEither<CheckpointError, TrainingState>

/** Update that a learner has made. */
interface LoggedUpdate {
  readonly batch: FilteredBatch
  readonly objective: Objective
}

/**
 * State of a learner on the host, and the updates that it has made since. An update is a function of the state, the batch and
 * the objective, so repeating the updates gives the same weights.
 */
export interface UpdateLog {
  /** Reads the state before the logged updates; undefined for the state of a model that has not trained. */
  readonly start: ReadState | undefined
  /** Version of the weights after the logged updates. */
  readonly version: number
  /** Number of logged updates. */
  readonly length: number
  /** Adds an update that the learner has made. */
  readonly record: (update: LoggedUpdate, report: UpdateReport) => void
  /** Begins again with a state that contains every logged update, and with its version if the log does not have it. */
  readonly startFrom: (read: ReadState, version?: number) => void
  /**
   * Repeats the logged updates on a learner that is in the start state, and calls back after each.
   *
   * @errors rejects with the errors of the learner
   */
  readonly repeat: (learner: Learner, onRepeat: () => void) => Promise<void>
}

/** Creates a log without updates. */
export const createUpdateLog = (initial: TrainingState | undefined): UpdateLog => {
  let start: ReadState | undefined = initial === undefined ? undefined : TE.right(initial)
  let version = initial?.version ?? 0
  let updates: readonly LoggedUpdate[] = []
  return {
    get start() {
      return start
    },
    get version() {
      return version
    },
    get length() {
      return updates.length
    },
    record: (update, report) => {
      // An update that was refused may have changed the state of the optimiser, so it is logged too.
      updates = [...updates, update]
      version = report.version
    },
    startFrom: (read, newest = version) => {
      start = read
      version = newest
      updates = []
    },
    repeat: async (learner, onRepeat) => {
      for (const { batch, objective } of updates) {
        await lastValueFrom(from(learner.update(batch, objective)))
        onRepeat()
      }
    },
  }
}
