import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { exists } from '../../lib/file/exists.js'
import { orThrow } from '../../lib/or-throw.js'
import { claimExistingRun, claimNamedFolder } from '../../lib/run/claim-folder.js'
import { moveToCut } from '../../lib/run/cut-logs.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { wallClock } from '../../lib/timing/wall-clock.js'
import type { PlannedConfig, TrainConfig } from '../config/train-config.js'
import { explain } from '../exit.js'
import type { Scope } from '../scope.js'
import { differingTraining } from './compared-config.js'
import { configBefore } from './config-before.js'
import { openFolder, type TrainingRun, withUsedAdapters } from './open-run.js'
import { changedEngine, changedSettings, type ResumedRun } from './resumed-config.js'
import { checkpointToResume, startFrom } from './run-start.js'

/**
 * Opens the run that a run is compared with, in a folder inside the folder of that run. Both have the same resources. Commands of
 * the dashboard do not reach it. If the folder has a run that trains as the configuration says, it goes on; one that trains
 * otherwise is moved away, and a new one begins. The call can be repeated after a failure, because it leaves what a start that was
 * killed leaves.
 *
 * @errors FileError, CheckpointError
 */
export const openComparison = async (run: TrainingRun, config: PlannedConfig, scope: Scope): Promise<TrainingRun> => {
  const folder = join(run.folder, runFiles.comparison)
  const before = await configToContinue(run, folder, withUsedAdapters(config, run.base))
  const claim = before === null ? claimNamedFolder(folder, wallClock) : claimExistingRun(folder, wallClock)
  const claimed = await orThrow(claim)
  const opened = await openClaimed(run, config, folder, before).catch(async (error: unknown) => {
    await claimed.close()
    throw error
  })
  scope.own(claimed)
  if (opened.events !== null) scope.own(opened.events)
  const control = { save: () => undefined, end: () => undefined }
  return { ...run, ...opened, config, model: null, claimed, control, served: null }
}

/** Opens the folder of a comparison. `before` is the configuration of the one that goes on; null if there is none. */
const openClaimed = async (run: TrainingRun, config: PlannedConfig, folder: string, before: TrainConfig | null) => {
  const resumed = before === null ? null : await resumeComparison(run, folder, before, config)
  return openFolder(folder, { ...run, config, measuredEntropy: null }, resumed)
}

/** Nobody steers a comparison, so it has no override. */
const resumeComparison = async (
  { terminal, base, usedEngine }: TrainingRun,
  folder: string,
  before: TrainConfig,
  config: PlannedConfig,
): Promise<ResumedRun> => {
  const checkpoint = await checkpointToResume(folder, null, terminal)
  const changed = changedSettings(before, withUsedAdapters(config, base))
  return {
    start: await startFrom(folder, checkpoint),
    changed,
    changedEngine: changedEngine(checkpoint?.engine ?? null, usedEngine, changed),
    releasesOverride: false,
  }
}

/**
 * Returns the configuration of the comparison in a folder if it can go on; null if there is none. A comparison that trains otherwise
 * is moved into `cut/` of the run, and a note says why.
 *
 * @errors FileError
 */
const configToContinue = async (
  { folder: run, terminal }: TrainingRun,
  folder: string,
  config: PlannedConfig,
): Promise<TrainConfig | null> => {
  if (!(await exists(join(folder, runFiles.config)))) return null
  const before = await configBefore(folder, Infinity)()
  const reasons = E.isLeft(before)
    ? [explain(before.left)]
    : differingTraining(before.right, config).map(
        ({ setting, before: was, now }) => `${setting}: ${JSON.stringify(was)} before, ${JSON.stringify(now)} now`,
      )
  if (E.isRight(before) && reasons.length === 0) return before.right
  const kept = await orThrow(moveToCut(run, runFiles.comparison))
  terminal.note(`the comparison starts anew, and the one before is kept in ${kept}: ${reasons.join('; ')}`)
  return null
}
