import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { distributionMissing } from '../../batch/distribution.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { SavedState } from '../../checkpoint/training-state.js'
import type { Serial } from '../../compute/engine/serial.js'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import { readsEntropy } from '../../objective/logprob-program.js'
import type { Objective } from '../../objective/objective.js'
import type { Learner, UpdateReport } from '../../policy/learner.js'
import { learnerLock } from '../../policy/learner-lock.js'
import { reportOf } from '../../policy/tally.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import { ServerError } from '../http/server-error.js'
import { tryServer } from './try-server.js'
import { type ServiceTrainer, updateOnService } from './update.js'
import type { ServiceVersions } from './versions.js'

/**
 * Creates the learner of a service: it publishes a version of the weights to the sampler of the service after each update. `inOrder`
 * is the queue of all work that reads or changes the weights that train.
 */
export const createTinkerLearner = (
  trainer: Omit<ServiceTrainer, 'onBegin'>,
  versions: ServiceVersions,
  optimizerSteps: number,
  inOrder: Serial,
): Learner<SavedState> => {
  const lock = learnerLock()
  let steps = optimizerSteps
  /** Progress of the update: while it is between two versions, the weights on the service are of none. */
  let state: 'versioned' | 'changing' = 'versioned'
  const requireVersion = (): void => {
    if (state === 'changing')
      throw new ServerError(
        'unfit',
        trainer.name,
        'an update that failed before, of which the service may have made a part',
        'a service that is opened again, from an earlier snapshot',
      )
  }
  const onBegin = () => {
    state = 'changing'
  }
  const update = async (
    batch: FilteredBatch,
    objective: Objective,
    signal: AbortSignal,
  ): Promise<UpdateReport | null> => {
    const isAborted = () => signal.aborted
    if (isAborted()) return null
    requireVersion()
    const learningRate = trainer.options.learningRate(steps)
    const outcome = await updateOnService({ ...trainer, onBegin }, steps, batch, objective, signal)
    if (outcome.status === 'cancelled') return null
    if (outcome.status !== 'done')
      return { status: 'skipped', version: versions.newest.version, reason: outcome.status }
    steps = outcome.steps
    const version = await versions.publish()
    state = 'versioned'
    return isAborted() ? null : reportOf(outcome.tally, version, learningRate)
  }
  return {
    lock,
    scoreMethod: 'sampled',
    finishesUpdates: true,
    update: (batch, objective) =>
      lock.update(
        batch,
        fromAsyncGenerator(async function* (signal) {
          refuseDistribution(objective)
          // An update that was unsubscribed still makes the step that it has begun.
          const report = await inOrder(() => update(batch, objective, signal))
          if (report !== null) yield report
        }),
      ),
    snapshot: () =>
      pipe(
        tryServer(() =>
          inOrder(async () => {
            requireVersion()
            const [{ version }, optimizerSteps] = [versions.newest, steps]
            return { version, optimizerSteps, savedAs: await versions.save() }
          }),
        ),
        TE.mapLeft((cause) => new CheckpointError(cause.place, cause.found, cause.expected, { cause })),
      ),
  }
}

/** Checks that an objective reads nothing but the log-probs of the sampled tokens. @errors PipelineError BadAlgorithm */
const refuseDistribution = (objective: Objective): void => {
  const { name, needsDistribution } = objective
  const need = needsDistribution ?? (readsEntropy(objective) ? { reads: 'the entropy of every token' } : undefined)
  if (need !== undefined)
    throw distributionMissing(`objective ${name}`, need, 'a learner on a service whose scores are')
}
