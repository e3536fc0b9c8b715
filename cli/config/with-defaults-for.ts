import { lookUp } from '../../lib/registry.js'
import type { Split } from '../../lib/task/task.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import type { BandSettings } from './band-plan.js'
import { type Layer, type Settings, valueAt } from './layer.js'
import { isMapping } from './strict-record.js'
import { taskDefaults } from './task-defaults.js'
import { algorithmNames, trainDefaults } from './train-config.js'

/** Settings of each schedule that has these bands. */
const bandDefaults = ({ from, to }: Record<'from' | 'to', unknown>): Readonly<Record<string, Settings>> =>
  ({
    constant: { schedule: 'constant', from },
    linear: { schedule: 'linear', from, to },
    cosine: { schedule: 'cosine', from, to },
    exponential: { schedule: 'exponential', from, to },
    piecewise: { schedule: 'piecewise' },
    auto: { schedule: 'auto' },
  }) satisfies Record<BandSettings['schedule'], Settings>

const givenBands = bandDefaults(trainDefaults.band)
const measuredBands = bandDefaults({ from: 'auto', to: 'auto' })

/** Band of a task. The default band fits the bundled model of the default task; models of other tasks are measured. */
const bandOfTask = (task: string): Settings => ({
  band: task === trainDefaults.task ? trainDefaults.band : measuredBands['auto'],
})

/**
 * Settings under a layer. A layer that names another task, schedule or algorithm starts from the defaults of that one,
 * because the fields of the former do not apply to it.
 */
export const withDefaultsFor = (below: Settings, above: Settings): Settings =>
  withLearnerDefaults(withAlgorithmDefaults(withBandDefaults(withTaskDefaults(below, above), above), above), above)

const withTaskDefaults = (below: Settings, above: Settings): Settings => {
  const named = taskNamedBy(above)
  return named === undefined || named === below['task']
    ? below
    : { ...below, ...bandOfTask(named), ...lookUp(taskDefaults, named) }
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

/** A schedule that a layer names has measured bands if the settings below measure theirs. `auto` always starts afresh. */
const withBandDefaults = (below: Settings, above: Settings): Settings => {
  const named = valueAt(above, ['band', 'schedule'])
  const current = valueAt(below, ['band', 'schedule'])
  if (typeof named !== 'string' || (named === current && named !== 'auto')) return below
  const isMeasured = current === 'auto' || valueAt(below, ['band', 'from']) === 'auto'
  const fresh = lookUp(isMeasured ? measuredBands : givenBands, named)
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

/** Not every service that trains clips gradients, so the first layer that names one turns the default clipping off. */
const withLearnerDefaults = (below: Settings, { learner }: Settings): Settings =>
  typeof learner === 'string' && typeof below['learner'] !== 'string' ? { ...below, gradientClip: null } : below
