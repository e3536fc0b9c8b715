import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import { checkpointFiles, checkpointFolder } from '../../lib/run/checkpoint/checkpoint-name.js'
import { checkpointSteps, readCheckpointState } from '../../lib/run/checkpoint/read-checkpoint.js'
import { runFiles } from '../../lib/run/run-folder.js'
import type { ConfigError } from '../config/config-error.js'
import type { Layer } from '../config/layer.js'
import { configOfLayer, loadTrainConfig } from '../config/load-train-config.js'
import type { TrainConfig } from '../config/train-config.js'

/**
 * Returns the configuration that a run had at its newest checkpoint up to a step. The file of the run may have been edited since, so
 * it is read only for a run without a checkpoint, or with one of an earlier version, which has no configuration.
 *
 * @errors ConfigError; CheckpointError for checkpoints that cannot be listed
 */
export const configBefore = (run: string, upTo: number): TE.TaskEither<ConfigError | CheckpointError, TrainConfig> =>
  pipe(
    checkpointSteps(run),
    TE.chainTaskK((steps) => newestSettings(run, steps.filter((step) => step <= upTo).toReversed())),
    TE.chainW((layer) =>
      layer === null
        ? loadTrainConfig(new Map([['config', join(run, runFiles.config)]]))
        : TE.fromEither(configOfLayer(layer)),
    ),
  )

/** Returns the settings in the first checkpoint whose state can be read; null if there is none. Its tensors may be damaged. */
const newestSettings =
  (run: string, steps: readonly number[]): (() => Promise<Layer | null>) =>
  async () => {
    for (const step of steps) {
      const state = await readCheckpointState(run, step)()
      if (E.isLeft(state)) continue
      const { config } = state.right
      const file = join(checkpointFolder(run, step), checkpointFiles.state)
      return config && { settings: config, place: (path) => `${file}, config.${path.join('.')}` }
    }
    return null
  }
