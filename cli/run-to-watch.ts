import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunToWatch } from '../dashboard/server/watched-run.js'
import { runFiles } from '../lib/run/run-folder.js'
import { scheduleOf } from './config/band-plan.js'
import { ConfigError } from './config/config-error.js'
import { loadTrainConfig } from './config/load-train-config.js'
import type { TrainConfig } from './config/train-config.js'

/** A run folder, to be looked at. @errors ConfigError: what is none, or has a configuration that cannot be read */
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

/** Steps whose band a page is told beforehand; the last of them holds for those to come after. */
const MOST_PLANNED = 100_000

/** What a page is told of the run of a configuration in that folder. */
export const aboutRun = (folder: string, config: TrainConfig): RunToWatch['about'] => {
  const { algorithm, task, seed, steps } = config
  const schedule = scheduleOf(config.band, steps)
  return {
    name: basename(resolve(folder)),
    heading: `${algorithm} on ${task}, seed ${seed}`,
    planned: steps,
    band: Array.from({ length: Math.min(steps, MOST_PLANNED) }, (_, step) => schedule(step)),
  }
}
