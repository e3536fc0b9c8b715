import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { lookUp } from '../../lib/registry.js'
import { flagLayer, type FlagValues } from '../parse-flags.js'
import { ConfigError } from './config-error.js'
import type { Layer } from './layer.js'
import { missingModel } from './missing-model.js'
import { renameSettings } from './renamed.js'
import { resolve } from './resolve.js'
import { checkpointOfTask } from './task-defaults.js'
import { type TrainConfig, TrainConfigCodec, trainDefaults } from './train-config.js'
import { taskOfLayers, withDefaultsFor } from './with-defaults-for.js'
import { bandFilter, entropyBand, trainSettings } from './train-settings.js'
import { yamlLayer } from './yaml-layer.js'

/** Receives a note for the user. */
export type Note = (text: string) => void

const ignoreNote: Note = () => undefined

/**
 * Loads a training configuration: the defaults, over them the file of `--config`, and over that the other flags. `note`
 * receives the settings of the file that have a new name.
 *
 * @errors ConfigError
 */
export const loadTrainConfig = (flags: FlagValues, note = ignoreNote): TE.TaskEither<ConfigError, TrainConfig> =>
  pipe(
    TE.fromEither(checkBandFlags(flags)),
    TE.chain(() => fileLayers(flags.get('config'), note)),
    TE.chainEitherK((files) => resolveTraining([...files, flagLayer(trainSettings, flags)])),
    TE.map((config) =>
      flags.has(entropyBand) && config.filter === 'everything' && !flags.has('filter')
        ? { ...config, filter: bandFilter }
        : config,
    ),
  )

/** Decodes the settings of a checkpoint or of a file. @errors ConfigError */
export const configOfLayer = (layer: Layer): E.Either<ConfigError, TrainConfig> =>
  pipe(
    renameSettings(layer),
    E.chain(({ value }) => resolveTraining([value])),
  )

const resolveTraining = (layers: readonly Layer[]): E.Either<ConfigError, TrainConfig> => {
  const missing = missingModel(layers)
  // The model is no default of withDefaultsFor, because a model that any layer names is kept when another names the task.
  const model = lookUp(checkpointOfTask, taskOfLayers(layers) ?? trainDefaults.task) ?? trainDefaults.model
  const resolved = resolve(TrainConfigCodec, { ...trainDefaults, model }, layers, withDefaultsFor)
  const problems = [...missing, ...(E.isLeft(resolved) ? resolved.left.problems : [])]
  return problems.length === 0 ? resolved : E.left(new ConfigError(problems))
}

const checkBandFlags = (flags: FlagValues): E.Either<ConfigError, void> => {
  const other = trainSettings.find(({ name, path }) => path[0] === 'band' && name !== entropyBand && flags.has(name))
  return flags.has(entropyBand) && other !== undefined
    ? E.left(
        new ConfigError([
          `--${entropyBand}: found --${other.name} beside it, expected one or the other${remedyOf(flags.get(entropyBand))}`,
        ]),
      )
    : E.right(undefined)
}

/** A band `auto` is possible in every schedule but the piecewise one, by other flags. */
const remedyOf = (band: string | undefined): string =>
  band === 'auto' ? '; --band-from auto and --band-to auto measure the bands of a schedule' : ''

const fileLayers = (file: string | undefined, note: Note): TE.TaskEither<ConfigError, readonly Layer[]> =>
  file === undefined
    ? TE.right([])
    : pipe(
        yamlLayer(file),
        TE.chainEitherK(renameSettings),
        TE.map(({ value, notes }) => {
          notes.forEach(note)
          return [value]
        }),
      )
