import { isDeepStrictEqual } from 'node:util'
import type { Task } from '../../lib/task/task.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import { ConfigError } from '../config/config-error.js'
import { plannedSteps, type TrainConfig } from '../config/train-config.js'
import { explain } from '../exit.js'
import type { Terminal } from '../terminal.js'
import { type ChangedSetting, changedSettings } from './resumed-config.js'

/**
 * Configuration of the run that a run is compared with: the same one, with another algorithm, its default options and its
 * filter. Null if no comparison is configured, or if both configurations are the same.
 */
export const comparedConfig = <C extends TrainConfig>(config: C): C | null => {
  if (config.compare === null) return null
  const { defaults, filter } = algorithms[config.compare]
  const compared = {
    ...config,
    algorithm: config.compare,
    options: defaults,
    filter,
    // The prediction is a choice of the run's own filter.
    prediction: null,
    compare: null,
  }
  return isDeepStrictEqual(compared, { ...config, compare: null }) ? null : compared
}

/** Settings that change no number of a training, or only by rounding, and those of its evaluations. */
const besideTraining: readonly string[] = [
  'engine',
  'replicas',
  'threads',
  'gpu',
  'microBatch',
  'microBatchTokens',
  'gradientCheckpointing',
  'slots',
  'stageTimeout',
  'engineRestarts',
  'evaluation',
  'checkpoints',
  'tensorboard',
  'reward.threads',
  'rollouts',
  'rolloutPrompts',
  'rolloutTimeout',
  'rolloutKeyFile',
  'adapterDir',
  'adapterPathOnServer',
  // A resumed run changes nothing of it but the address.
  'learner',
  'learnerKeyFile',
]

/**
 * Returns the settings of a comparison by which it has trained otherwise than a configuration says. A comparison that only becomes
 * longer has none, if its plan stays.
 */
export const differingTraining = (before: TrainConfig, now: TrainConfig): readonly ChangedSetting[] => {
  const isLonger = now.steps >= before.steps
  const comparable = (config: TrainConfig) => ({
    ...config,
    steps: isLonger ? now.steps : config.steps,
    plannedSteps: plannedSteps(config),
  })
  return changedSettings(comparable(before), comparable(now)).filter(
    ({ setting }) => !besideTraining.some((name) => setting === name || setting.startsWith(`${name}.`)),
  )
}

/**
 * Checks before the training that the comparison of a configuration can be made, and notes it if there is nothing to compare.
 *
 * @errors ConfigError if the algorithm does not fit the rewards of the task
 */
export const checkComparison = (
  config: TrainConfig,
  { rewardScale }: Pick<Task, 'rewardScale'>,
  { note }: Pick<Terminal, 'note'>,
): void => {
  const { compare } = config
  if (compare === null) return
  if (comparedConfig(config) === null)
    note(`--compare ${compare}: the run itself trains with ${compare} and its defaults, so nothing is compared`)
  try {
    algorithms[compare].checkRewards(rewardScale)
  } catch (error) {
    throw new ConfigError([`--compare: found ${compare}, expected an algorithm for this task: ${explain(error)}`])
  }
}
