import { isDeepStrictEqual } from 'node:util'
import * as t from 'io-ts'
import type { UsedEngine } from '../../lib/run/checkpoint/run-checkpoint.js'
import { ConfigError } from '../config/config-error.js'
import { givenPlan } from '../config/planned-band.js'
import { isMapping } from '../config/strict-record.js'
import type { TrainConfig } from '../config/train-config.js'
import type { RunStart } from './run-start.js'

/** Setting of a run that is other than before. */
export interface ChangedSetting {
  /** Path of the setting in `config.yaml`, with dots. */
  readonly setting: string
  readonly before: unknown
  readonly now: unknown
}

/** Codec of a line of `resumptions.jsonl`: one time that a run was resumed. */
export const ResumptionCodec = t.readonly(
  t.type(
    {
      /** Number of steps that were done. */
      step: t.number,
      /** Time of the resumption. @units seconds since 1970 */
      time: t.number,
      changed: t.readonlyArray(t.readonly(t.type({ setting: t.string, before: t.unknown, now: t.unknown }))),
    },
    'Resumption',
  ),
)

/** One time that a run was resumed. */
type Resumption = t.TypeOf<typeof ResumptionCodec>

/** Run that goes on: the state from which it starts, and its settings that are other than before. */
export interface ResumedRun {
  readonly start: RunStart
  readonly changed: readonly ChangedSetting[]
  /** Settings of the engine that have another value, though the configuration is the same: it chooses them by the machine. */
  readonly changedEngine: readonly ChangedSetting[]
  /** True if the band was changed while an override was in force, which ends then. */
  readonly releasesOverride: boolean
}

/** Settings that the state of a run belongs to. A run with others is another run. */
const fixed: readonly (keyof TrainConfig)[] = [
  'task',
  'algorithm',
  'filter',
  'prediction',
  'model',
  'adapter',
  'lora',
  'baseModel',
  'data',
  'seed',
]

/** Returns true for a change that the state of a run does not allow. A service may move, because its weights have an address of their own. */
const isForbidden = ({ setting, before, now }: ChangedSetting): boolean =>
  fixed.some((name) => setting === name || setting.startsWith(`${name}.`)) ||
  (setting === 'learner' && (before === null || now === null))

/** Returns the settings that differ. */
export const changedSettings = (before: TrainConfig, now: TrainConfig): readonly ChangedSetting[] =>
  differences('', before, now)

/**
 * Returns the settings of the engine that have another value than in a checkpoint, besides those that the configuration changes.
 * Numbers of another engine, of another GPU and of another number of threads differ by rounding.
 */
export const changedEngine = (
  before: UsedEngine | null,
  now: UsedEngine,
  changed: readonly ChangedSetting[],
): readonly ChangedSetting[] => {
  if (before === null) return []
  const values: readonly ChangedSetting[] = [
    { setting: 'engine', before: before.name, now: now.name },
    ...(before.name === now.name
      ? [
          { setting: 'gpu', before: before.device, now: now.device },
          { setting: 'threads', before: before.threads, now: now.threads },
        ]
      : []),
  ]
  return values.filter(
    (value) => value.before !== value.now && !changed.some(({ setting }) => setting === value.setting),
  )
}

/**
 * Returns whether the band has changed since a checkpoint was written: now, or when the run was resumed from the checkpoint or from a
 * later one. The run has written the checkpoint after it was resumed from an earlier one.
 */
export const isBandChangedSince = (
  step: number,
  resumptions: readonly Resumption[],
  changed: readonly ChangedSetting[],
): boolean => {
  const later = resumptions.slice(resumptions.findLastIndex((resumption) => resumption.step < step) + 1)
  return [...later.flatMap((resumption) => resumption.changed), ...changed].some(({ setting }) =>
    /^band(\.|$)/.test(setting),
  )
}

const differences = (path: string, before: unknown, now: unknown): readonly ChangedSetting[] => {
  if (isDeepStrictEqual(before, now)) return []
  if (!isMapping(before) || !isMapping(now)) return [{ setting: path, before, now }]
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])]
  return names.flatMap((name) => differences(path === '' ? name : `${path}.${name}`, before[name], now[name]))
}

/**
 * Returns the configuration that a run goes on with. With another number of steps, the band and the learning rate keep the plan
 * that they had, unless the number of planned steps is given.
 *
 * @errors throws ConfigError that names each setting that a resumed run cannot change
 */
export const resumedConfig = (before: TrainConfig, now: TrainConfig): TrainConfig => {
  const problems = changedSettings(before, now)
    .filter(isForbidden)
    .map(
      ({ setting, before: was, now: is }) =>
        `${setting}: found ${JSON.stringify(is)}, expected ${JSON.stringify(was)}, because a resumed run cannot change it; --config starts a new run with these settings`,
    )
  if (givenPlan(now.band) === null)
    problems.push('band: found auto, expected low and high, because a resumed run measures no band')
  if (problems.length > 0) throw new ConfigError(problems)
  const isLonger = now.steps !== before.steps && now.plannedSteps === null
  return isLonger ? { ...now, plannedSteps: before.steps } : now
}
