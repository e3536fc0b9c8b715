import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunToWatch } from '../../dashboard/server/watched-run.js'
import { describeFileProblem } from '../../lib/file/file-problem.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { scheduleOf } from '../config/band-plan.js'
import { ConfigError } from '../config/config-error.js'
import { loadTrainConfig } from '../config/load-train-config.js'
import { givenPlan } from '../config/planned-band.js'
import { type PlannedConfig, plannedSteps, type TrainConfig } from '../config/train-config.js'

/** Describes a run folder for the dashboard. @errors ConfigError: no run folder, or a configuration that cannot be read */
export const runToWatch = (folder: string): TE.TaskEither<ConfigError, RunToWatch> => {
  return pipe(
    runConfigFile(folder),
    TE.chain((file) =>
      pipe(
        loadTrainConfig(new Map([['config', file]])),
        TE.chainEitherK((config) => requirePlan(file, config)),
      ),
    ),
    TE.map((config) => ({ folder, about: aboutRun(folder, config), control: null })),
  )
}

/** Returns the configuration of a run. Its file has the bands that were measured. @errors ConfigError if it does not */
const requirePlan = (file: string, config: TrainConfig): E.Either<ConfigError, PlannedConfig> => {
  const band = givenPlan(config.band)
  return band === null
    ? E.left(new ConfigError([`${file}: band: found auto, expected the bands that the run had: low and high`]))
    : E.right({ ...config, band })
}

/** Returns the configuration file of a run folder. @errors ConfigError: no such folder, or a folder without a configuration */
export const runConfigFile =
  (folder: string): TE.TaskEither<ConfigError, string> =>
  async () => {
    const config = join(folder, runFiles.config)
    const [found, configFound] = await Promise.all(
      [folder, config].map((path) => stat(path).catch(describeFileProblem)),
    )
    if (typeof found === 'string') return E.left(new ConfigError([`${folder}: found ${found}, expected a run folder`]))
    if (!found!.isDirectory()) return E.left(new ConfigError([`${folder}: found a file, expected a run folder`]))
    return typeof configFound === 'string'
      ? E.left(new ConfigError([`${folder}: found no ${runFiles.config} in it, expected a run folder`]))
      : E.right(config)
  }

/** Description of a run in the dashboard. */
export const aboutRun = (folder: string, config: PlannedConfig): RunToWatch['about'] => {
  const { algorithm, task, seed, steps } = config
  return {
    name: basename(resolve(folder)),
    heading: `${algorithm} on ${task}, seed ${seed}`,
    planned: steps,
    band: scheduleOf(config.band, plannedSteps(config)),
  }
}
