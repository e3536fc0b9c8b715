import type { LearnerState } from '../checkpoint/training-state.js'
import type { Learner } from './learner.js'
import { lockOf } from './learner-lock.js'

/**
 * Replaces calls of a learner. A call without a replacement is unchanged; the lock and the other properties are always those of
 * the learner.
 *
 * @example
 * mapLearner(learner, { update: (batch, objective) => defer(() => learner.update(batch, objective)) })
 */
export const mapLearner = <State extends LearnerState>(
  learner: Learner<State>,
  calls: Partial<Pick<Learner<State>, 'update' | 'snapshot'>>,
): Learner<State> => ({
  update: (batch, objective) => learner.update(batch, objective),
  snapshot: () => learner.snapshot(),
  ...calls,
  ...(learner.scoreMethod === undefined ? {} : { scoreMethod: learner.scoreMethod }),
  ...(learner.finishesUpdates === undefined ? {} : { finishesUpdates: learner.finishesUpdates }),
  lock: lockOf(learner),
})
