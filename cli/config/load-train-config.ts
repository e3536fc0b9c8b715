import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { flagLayer, type Given } from '../parse-flags.js'
import { ConfigError } from './config-error.js'
import { resolve } from './resolve.js'
import { afresh, type TrainConfig, TrainConfigCodec, trainDefaults } from './train-config.js'
import { bandFilter, entropyBand, trainSettings } from './train-settings.js'
import { yamlLayer } from './yaml-layer.js'

/** Defaults, then the file of `--config`, then the other flags. @errors ConfigError */
export const loadTrainConfig = (flags: Given): TE.TaskEither<ConfigError, TrainConfig> => {
  const file = flags.get('config')
  const beside = trainSettings.find(({ name, path }) => path[0] === 'band' && name !== entropyBand && flags.has(name))
  if (flags.has(entropyBand) && beside !== undefined)
    return TE.left(new ConfigError([`--${entropyBand}: found --${beside.name} beside it, expected one or the other`]))
  return pipe(
    file === undefined
      ? TE.right([])
      : pipe(
          yamlLayer(file),
          TE.map((layer) => [layer]),
        ),
    TE.chainEitherK((files) =>
      resolve(TrainConfigCodec, trainDefaults, [...files, flagLayer(trainSettings, flags)], afresh),
    ),
    TE.map((config) =>
      flags.has(entropyBand) && config.filter === 'everything' && !flags.has('filter')
        ? { ...config, filter: bandFilter }
        : config,
    ),
  )
}
