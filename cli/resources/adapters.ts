import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import type { DecoderConfig } from '../../lib/model/decoder-config.js'
import { type Adapters, freshAdapters, withAdapters } from '../../lib/model/lora/adapters.js'
import { type LoraConfig, loraTargets } from '../../lib/model/lora/lora.js'
import { readAdapters } from '../../lib/model/lora/peft-folder.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import { ConfigError } from '../config/config-error.js'

/** Configuration of adapters in which null stands for the value of existing adapters, or for a default. Rank 0 stands for none. */
export type LoraSettings = { readonly [K in keyof LoraConfig]: LoraConfig[K] | null }

/** Adapters of a model: those of a folder, or new ones if the rank is not 0. */
export interface AdapterSettings {
  readonly adapter: string | null
  readonly lora?: LoraSettings
  readonly seed: number
}

/** Configuration of new adapters, apart from their rank. */
export const newAdapters = { alpha: 32, targets: loraTargets } as const

const noSettings: LoraSettings = { rank: null, alpha: null, targets: null }

/** A model with its adapters, and the file or folder whose adapters continue to train; null for new adapters or none. */
export interface AdaptedModel {
  readonly source: ModelSource
  readonly continued: string | null
}

/**
 * Adds adapters to a model.
 *
 * @errors CheckpointError; ConfigError if adapters come from two sources, or settings contradict the adapters that exist
 */
export const addAdapters = (
  source: ModelSource,
  path: string,
  { adapter, lora = noSettings, seed }: AdapterSettings,
): TE.TaskEither<CheckpointError | ConfigError, AdaptedModel> => {
  const own = source.config.lora
  if (own !== undefined && adapter !== null)
    return TE.left(new ConfigError([`adapters: found those of ${path} and of ${adapter}, expected one`]))
  if (own !== undefined)
    return pipe(
      TE.fromEither(checkSettings(lora, own, path)),
      TE.map(() => ({ source, continued: path })),
    )
  if (adapter === null) return TE.fromEither(addNew(source, lora, seed))
  return pipe(
    readAdapters(adapter, source.config),
    TE.chainFirstEitherKW(({ config }: Adapters) => checkSettings(lora, config, adapter)),
    TE.map((read) => ({ source: withAdapters(source, read), continued: adapter })),
  )
}

/** Compares the given settings with the adapters that exist. */
const checkSettings = (given: LoraSettings, existing: LoraConfig, place: string): E.Either<ConfigError, void> => {
  if (given.rank === 0) return E.right(undefined)
  const problems = (['rank', 'alpha', 'targets'] as const)
    .filter((field) => given[field] !== null && textOf(given[field]) !== textOf(existing[field]))
    .map(
      (field) =>
        `lora.${field}: found ${textOf(given[field])}, expected ${textOf(existing[field])}, as the adapters of ${place} have, or none`,
    )
  return problems.length === 0 ? E.right(undefined) : E.left(new ConfigError(problems))
}

/** Writes a setting. The order of the targets has no meaning. */
const textOf = (setting: LoraSettings[keyof LoraSettings]): string =>
  typeof setting === 'object' ? loraTargets.filter((target) => setting?.includes(target)).join(',') : String(setting)

const addNew = (source: ModelSource, lora: LoraSettings, seed: number): E.Either<ConfigError, AdaptedModel> => {
  const { rank, alpha, targets } = lora
  if (rank === null && (alpha !== null || targets !== null))
    return E.left(
      new ConfigError([
        `lora.${alpha === null ? 'targets' : 'alpha'}: found a value but no adapters, expected none, or a rank: --lora-rank`,
      ]),
    )
  if (rank === null || rank === 0) return E.right({ source, continued: null })
  const largest = largestDimension(source.config)
  if (rank > largest)
    return E.left(
      new ConfigError([`lora.rank: found ${rank}, expected at most ${largest}, the largest dimension of the model`]),
    )
  const config = { rank, alpha: alpha ?? newAdapters.alpha, targets: targets ?? newAdapters.targets }
  return E.right({ source: withAdapters(source, freshAdapters(source.config, config, seed)), continued: null })
}

const largestDimension = ({ width, heads, headWidth, feedForward }: DecoderConfig): number =>
  Math.max(width, heads * headWidth, feedForward)
