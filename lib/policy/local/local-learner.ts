import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { TrainingState } from '../../checkpoint/training-state.js'
import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import { describeThrown } from '../../describe.js'
import type { WeightMap } from '../../model/weights.js'
import type { Objective } from '../../objective/objective.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import { checkTokens } from '../check-group.js'
import type { Learner, UpdateReport } from '../learner.js'
import { learnerLock } from '../learner-lock.js'
import type { ModelOnEngines } from './model-on-engines.js'
import { freeState, type OptimizerStore } from './optimizer-store.js'
import { reportOf } from '../tally.js'
import { update, type UpdateOptions } from './update.js'

/** Creates the learner of a model: it publishes a version of the parameters after each update. */
export const createLocalLearner = (
  model: ModelOnEngines,
  optimizer: OptimizerStore,
  options: UpdateOptions,
): Learner<TrainingState> => {
  const lock = learnerLock()
  /** Ends when the last update has freed what it held; an update that was unsubscribed still runs to its next check. */
  let lastEnd: Promise<unknown> = Promise.resolve()
  const makeUpdate = async (
    batch: FilteredBatch,
    objective: Objective,
    signal: AbortSignal,
  ): Promise<UpdateReport | null> => {
    await optimizer.prepare()
    const outcome = await update(model, options, optimizer.state, batch, objective, signal)
    if (outcome.status === 'cancelled') return null
    if (signal.aborted) {
      // Nobody gets a report, so nothing may change: neither the weights nor the norms that the spike guard remembers.
      if (outcome.status === 'done') freeState(outcome.state)
      return null
    }
    if (outcome.status === 'gradient-spike') optimizer.remember(outcome.gradientNorms)
    if (outcome.status !== 'done') return { status: 'skipped', version: model.store.version, reason: outcome.status }
    const learningRate = options.learningRate(optimizer.state.steps)
    optimizer.replace(outcome.state)
    return reportOf(outcome.tally, model.store.publish(outcome.state.parameters), learningRate)
  }
  const updateAfterLast = (...[batch, objective, signal]: Parameters<typeof makeUpdate>) => {
    const report = lastEnd.then(() => makeUpdate(batch, objective, signal))
    lastEnd = report.catch(() => undefined)
    return report
  }
  return {
    lock,
    update: (batch, objective) =>
      lock.update(
        batch,
        fromAsyncGenerator(async function* (signal) {
          checkTokens(batch.responses, model.config.vocabulary, `learner, step ${batch.step}`)
          const report = await updateAfterLast(batch, objective, signal)
          if (report !== null) yield report
        }),
      ),
    snapshot: () =>
      TE.tryCatch(
        () => readState(model, optimizer),
        (cause) =>
          new CheckpointError('snapshot', describeThrown(cause), 'weights that the engine can read', { cause }),
      ),
  }
}

const readState = async ({ store, replicas }: ModelOnEngines, optimizer: OptimizerStore): Promise<TrainingState> => {
  await optimizer.prepare()
  const { version } = store
  const { steps, parameters, firstMoments, secondMoments, gradientNorms } = optimizer.state
  const { engine } = replicas[0]
  // All reads are requested at once: the engine serves calls in order, so a later update cannot free a tensor first.
  const [hostParameters, hostFirst, hostSecond] = await Promise.all(
    [parameters, firstMoments, secondMoments].map((tensors) => download(engine, tensors)),
  )
  return {
    version,
    optimizerSteps: steps,
    parameters: hostParameters!,
    firstMoments: hostFirst!,
    secondMoments: hostSecond!,
    ...(gradientNorms.length === 0 ? {} : { gradientNorms }),
  }
}

/** Copies tensors to the host. @errors rejects with PipelineError */
export const download = async (engine: Engine, tensors: WeightMap<DeviceTensor>): Promise<WeightMap<HostTensor>> =>
  new Map(await Promise.all([...tensors].map(async ([name, tensor]) => [name, await engine.read(tensor)] as const)))
