import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunToWatch } from '../../dashboard/server/watched-run.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { scheduleOf } from '../config/band-plan.js'
import { ConfigError } from '../config/config-error.js'
import { loadTrainConfig } from '../config/load-train-config.js'
import type { TrainConfig } from '../config/train-config.js'

/** Describes a run folder for the dashboard. @errors ConfigError: no run folder, or a configuration that cannot be read */
export const runToWatch = (folder: string): TE.TaskEither<ConfigError, RunToWatch> => {
  const config = join(folder, runFiles.config)
  return pipe(
    TE.tryCatch(
      () => stat(config),
      () => new ConfigError([`${folder}: found no ${runFiles.config} in it, expected a run folder`]),
    ),
    TE.chain(() => loadTrainConfig(new Map([['config', config]]))),
    TE.map((config) => ({ folder, about: aboutRun(folder, config), control: null })),
  )
}

/** Description of a run in the dashboard. */
export const aboutRun = (folder: string, config: TrainConfig): RunToWatch['about'] => {
  const { algorithm, task, seed, steps } = config
  return {
    name: basename(resolve(folder)),
    heading: `${algorithm} on ${task}, seed ${seed}`,
    planned: steps,
    band: scheduleOf(config.band, steps),
  }
}
