import { defer, type Observable } from 'rxjs'
import { beforeEnd } from '../control/before-end.js'
import { alreadyRunning, type Exclusive } from '../control/exclusive.js'
import type { FilteredBatch } from '../rollout/batch.js'
import type { EntropyState } from '../rollout/entropy-state.js'
import type { Learner } from './learner.js'

/**
 * Lock of a learner. It serves one run at a time, and one update at a time: two of them would read the same optimiser
 * state and overwrite each other's weights.
 */
export interface LearnerLock {
  /** Reserves the learner for one run, from subscription to the end. @errors PipelineError AlreadyRunning */
  readonly run: Exclusive
  /** Records that a batch belongs to the run that holds the lock, so that {@link LearnerLock.update} accepts it. */
  readonly admit: (batch: FilteredBatch) => void
  /**
   * Reserves the learner for one update.
   *
   * @errors PipelineError AlreadyRunning during another update, and during a run that the batch does not belong to
   */
  readonly update: <A>(batch: FilteredBatch, update$: Observable<A>) => Observable<A>
}

/**
 * Creates the lock of a learner.
 *
 *     run         -a-----b-----|
 *     update(a)    --r|               a belongs to the run
 *     update(x)    ----#              AlreadyRunning: x does not
 */
export const learnerLock = (): LearnerLock => {
  // The entropy state identifies a batch, because a wrapper of a learner may pass a copy of the batch on.
  let ofRun: WeakSet<EntropyState> | null = null
  let isUpdating = false
  return {
    run: (source$) =>
      defer(() => {
        if (ofRun !== null || isUpdating) throw alreadyRunning(resource)
        ofRun = new WeakSet()
        return source$.pipe(
          beforeEnd(() => {
            ofRun = null
          }),
        )
      }),
    admit: ({ state }) => ofRun?.add(state),
    update: ({ state }, update$) =>
      defer(() => {
        if (isUpdating || (ofRun !== null && !ofRun.has(state))) throw alreadyRunning(resource)
        isUpdating = true
        return update$.pipe(
          beforeEnd(() => {
            isUpdating = false
          }),
        )
      }),
  }
}

const resource = 'this learner'

/** Locks of learners that have none of their own. */
const locks = new WeakMap<Learner, LearnerLock>()

/** Returns the lock of a learner: its own, or one that is created on the first call. */
export const lockOf = (learner: Learner): LearnerLock => {
  const lock = learner.lock ?? locks.get(learner) ?? learnerLock()
  locks.set(learner, lock)
  return lock
}
