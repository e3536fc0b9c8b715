import { lastValueFrom, takeUntil } from 'rxjs'
import { measureEntropy } from '../../pipelines/measure-entropy.js'
import { ConfigError } from '../config/config-error.js'
import { describePlan, givenPlan, measuredPlan } from '../config/planned-band.js'
import type { PlannedConfig, TrainConfig } from '../config/train-config.js'
import { entropyBand } from '../config/train-settings.js'
import { counted } from '../../lib/report/number-text.js'
import { limitPorts } from './limit-ports.js'
import type { RunOptions } from './open-run.js'
import type { TrainingResources } from './open-training.js'
import { openTrainedModel, type TrainedModel } from './trained-model.js'

/** Configuration whose band is known, with the model of the run if it is open. */
export interface PlannedTraining {
  readonly config: PlannedConfig
  /** Entropy of the starting model, from which the band was made; null if the configuration gave the band. @units nats per token */
  readonly measuredEntropy: number | null
  /** Model that the run trains; null if the run opens it. */
  readonly model: TrainedModel | null
}

/** Batches of a run that its entropy is measured on. */
const BATCHES = 2

/**
 * Returns the configuration with its band, for which the entropy of the starting model may be measured; null if that was
 * interrupted.
 *
 * @errors ConfigError if the model has no entropy; CheckpointError, PipelineError
 */
export const planBand = async (
  config: TrainConfig,
  { terminal }: Pick<RunOptions, 'terminal'>,
  resources: TrainingResources,
): Promise<PlannedTraining | null> => {
  const given = givenPlan(config.band)
  if (given !== null) return { config: { ...config, band: given }, measuredEntropy: null, model: null }
  const model = await openTrainedModel(config, resources, terminal)
  terminal.progress(`measuring the entropy of the model on ${counted(BATCHES * config.prompts, 'prompt')}\n`)
  const entropy = await measure(config, resources, model)
  if (entropy === null) {
    terminal.note('stopped before the first step: no run folder was created')
    return null
  }
  if (!(entropy > 0)) throw certainModel()
  const band = measuredPlan(config.band, entropy)
  terminal.progress(`measured entropy ${entropy.toPrecision(3)} nats per token: ${describePlan(band)}\n`)
  return { config: { ...config, band }, measuredEntropy: entropy, model }
}

/** Entropy on the first batches of the run, with the draws of the run; null if it was interrupted. */
const measure = (
  config: TrainConfig,
  { task, interruption }: TrainingResources,
  model: TrainedModel,
): Promise<number | null> => {
  const { group, temperature, topK, topP, maxTokens, seed, prompts } = config
  const { policy } = limitPorts(config, model)
  return lastValueFrom(
    measureEntropy(
      { policy, prompts: task.prompts('train', seed) },
      { sampling: { group, temperature, topK, topP, maxTokens, seed }, demand: { prompts }, batches: BATCHES },
    ).pipe(takeUntil(interruption.stop$)),
    { defaultValue: null },
  )
}

const certainModel = (): ConfigError =>
  new ConfigError([
    `band: found a measured entropy of 0 nats per token, expected more, because no band fits a model that is certain of every token: --${entropyBand} LOW,HIGH sets a band`,
  ])
