import { lookUp } from '../../lib/registry.js'
import type { Split } from '../../lib/task/task.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import type { BandPlan } from './band-plan.js'
import type { Layer, Settings } from './layer.js'
import { isMapping } from './strict-record.js'
import { taskDefaults } from './task-defaults.js'
import { algorithmNames, trainDefaults } from './train-config.js'

const { from, to } = trainDefaults.band

const bandDefaults: Readonly<Record<string, Settings>> = {
  constant: { schedule: 'constant', from },
  linear: trainDefaults.band,
  cosine: { schedule: 'cosine', from, to },
  piecewise: { schedule: 'piecewise' },
} satisfies Record<BandPlan['schedule'], Settings>

/**
 * Settings under a layer. A layer that names another task, schedule or algorithm starts from the defaults of that one,
 * because the fields of the former do not apply to it.
 */
export const withDefaultsFor = (below: Settings, above: Settings): Settings =>
  withAlgorithmDefaults(withBandDefaults(withTaskDefaults(below, above), above), above)

const withTaskDefaults = (below: Settings, above: Settings): Settings => {
  const named = taskNamedBy(above)
  return named === undefined || named === below['task'] ? below : { ...below, ...lookUp(taskDefaults, named) }
}

const splits = ['train', 'tune', 'test'] as const satisfies readonly Split[]

/** Returns the task that a layer names, or `math` if it names data files. */
export const taskNamedBy = ({ task, data }: Settings): string | undefined => {
  if (typeof task === 'string') return task
  return isMapping(data) && splits.some((split) => data[split] !== undefined) ? 'math' : undefined
}

/** Returns the task that the topmost of the layers names; undefined if none names a task. */
export const taskOfLayers = (layers: readonly Layer[]): string | undefined =>
  layers.map(({ settings }) => taskNamedBy(settings)).findLast((task) => task !== undefined)

const withBandDefaults = (below: Settings, above: Settings): Settings => {
  const named = isMapping(above['band']) ? above['band']['schedule'] : undefined
  const current = isMapping(below['band']) ? below['band']['schedule'] : undefined
  const fresh = typeof named === 'string' && named !== current ? lookUp(bandDefaults, named) : undefined
  return fresh === undefined ? below : { ...below, band: fresh }
}

const withAlgorithmDefaults = (below: Settings, above: Settings): Settings => {
  const named = above['algorithm']
  if (named === undefined || named === below['algorithm']) return below
  const algorithm = algorithmNames.find((name) => name === named)
  // An unknown name is refused by its field. Without options, the error is reported once.
  return algorithm === undefined
    ? { ...below, options: {} }
    : { ...below, options: algorithms[algorithm].defaults, filter: algorithms[algorithm].filter }
}
