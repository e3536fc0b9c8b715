import { from, lastValueFrom, takeUntil } from 'rxjs'
import { limitPorts } from './limit-ports.js'
import type { TrainingOptions, TrainingResources } from './open-training.js'
import type { PlannedTraining } from './plan-band.js'
import type { ResumedRun } from './resumed-config.js'
import { openTrainedModel, type TrainedModel } from './trained-model.js'
import { checkTraining } from './training-steps.js'

/**
 * Opens the model of a run on servers, and tries the servers, before the run folder gets its first file: a server that cannot be
 * reached, a name or a rank that it does not have, adapters that it cannot load and an algorithm that it cannot train leave no run
 * folder behind. A model on this machine stays as it is, because its run opens it.
 *
 * @errors ServerError, SettingError, CheckpointError; PipelineError BadAlgorithm
 */
export const openServed = async (
  planned: PlannedTraining,
  { terminal }: Pick<TrainingOptions, 'terminal'>,
  resources: TrainingResources,
  resumed: ResumedRun | null,
): Promise<PlannedTraining> => {
  const { config } = planned
  if (config.rollouts === null && config.learner === null) return planned
  const model = planned.model ?? (await openTrainedModel(config, resources, terminal, resumed?.start.learner ?? null))
  checkTraining(config, resources.task, model)
  if (config.rollouts !== null && planned.measuredEntropy === null) await trySamplers(planned, resources, model)
  return { ...planned, model }
}

/** Delivers the weights to the servers and samples one token, which fails as every later sample would. */
const trySamplers = async (
  { config }: PlannedTraining,
  { heldOut, interruption }: TrainingResources,
  model: TrainedModel,
): Promise<void> => {
  const { temperature, topK, topP, seed } = config
  const { policy } = limitPorts(config, model)
  const trial = policy.sample(
    { step: 0, prompts: heldOut.slice(0, 1) },
    { group: 1, temperature, topK, topP, maxTokens: 1, seed },
  )
  await lastValueFrom(from(trial).pipe(takeUntil(interruption.stop$)), { defaultValue: null })
}
