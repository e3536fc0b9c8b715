import { isAbsolute, join, normalize, sep } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { decodeFields, parseJsonText } from '../../checkpoint/fields.js'
import { readText, toCheckpointError } from '../../checkpoint/file-parts.js'
import { limits } from '../../checkpoint/limits.js'
import { typeOf } from '../../checkpoint/safetensors.js'
import { openSafetensors, type SafetensorsFile } from '../../checkpoint/safetensors-file.js'
import type { Elements } from '../../compute/program/node.js'
import type { TensorType } from '../../compute/program/shape.js'
import { exists } from '../../file/exists.js'
import type { DecoderConfig } from '../decoder-config.js'
import { type ModelSource, checkWeights } from '../model-checkpoint.js'
import { EMBEDDING, HEAD, weightShapes } from '../weights.js'
import { decodeConfig, type HuggingFaceConfig } from './config.js'
import { huggingFaceFiles } from './files.js'

/** Types of weights by name, each with the file that holds the weight. */
type Located = ReadonlyMap<string, { readonly type: TensorType; readonly file: SafetensorsFile }>

/**
 * Opens a Hugging Face folder: config.json, and weights in one or several safetensors files. The weights are read one at a
 * time while they are iterated.
 *
 * @errors CheckpointError for a missing file, a network that is not supported, or weights that do not fit the configuration
 */
export const readHuggingFace = (folder: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    readConfig(folder),
    TE.bindTo('read'),
    TE.chainFirst(() => refuseAdapters(folder)),
    TE.bind('stored', () => openWeights(folder)),
    TE.bind('head', ({ read, stored }) => headOf(read.config.decoder, stored, folder)),
    TE.bind('located', ({ stored, head }) => TE.right(withoutLeftovers(head.config.tiedHead)(stored))),
    TE.chainFirstEitherK(({ head, located }) =>
      checkWeights(weightShapes(head.config), new Map([...located].map(([name, { type }]) => [name, type])), folder),
    ),
    TE.map(({ head: { config, warnings }, located }) => ({
      config,
      weights: { [Symbol.asyncIterator]: () => readWeights(located) },
      metadata: metadataOf(located),
      warnings,
    })),
  )

/** Refuses a folder of adapters. transformers would load them on top of the model that their configuration names. */
const refuseAdapters = (folder: string): TE.TaskEither<CheckpointError, void> =>
  pipe(
    TE.fromTask<boolean, CheckpointError>(() => exists(join(folder, huggingFaceFiles.adapter))),
    TE.chain((found) =>
      found
        ? TE.left(
            new CheckpointError(
              folder,
              `${huggingFaceFiles.adapter} beside ${huggingFaceFiles.config}`,
              'a folder of a model, or one of adapters: --adapter names a folder of adapters',
            ),
          )
        : TE.right(undefined),
    ),
  )

/** Configuration of a model whose head was compared with its embedding. */
interface ComparedHead {
  readonly config: DecoderConfig
  readonly warnings: readonly string[]
}

/**
 * Decides whether the head of a model is its embedding. If config.json says so but both are stored with different numbers, both
 * are used.
 *
 * @source transformers 5.24, `PreTrainedModel.tie_weights`
 */
const headOf = (
  config: DecoderConfig,
  stored: Located,
  folder: string,
): TE.TaskEither<CheckpointError, ComparedHead> => {
  const [head, embedding] = [stored.get(HEAD), stored.get(EMBEDDING)]
  if (config.tiedHead === false || head === undefined || embedding === undefined)
    return TE.right({ config, warnings: [] })
  return pipe(
    TE.tryCatch(
      () => hasEqualNumbers(head.file.pieces(HEAD), embedding.file.pieces(EMBEDDING)),
      (cause) => (cause instanceof CheckpointError ? cause : toCheckpointError(folder, cause, 'files of weights')),
    ),
    TE.map((equal) =>
      equal ? { config, warnings: [] } : { config: { ...config, tiedHead: false }, warnings: [WARNING(folder)] },
    ),
  )
}

const WARNING = (folder: string): string =>
  `${join(folder, huggingFaceFiles.config)}, tie_word_embeddings: found true, but ${HEAD} differs from ${EMBEDDING}; ` +
  'both are used, as in transformers 5. Set the field to false to confirm it'

/** Returns whether two tensors have the same length and the same numbers. The pieces of both have equal lengths. */
const hasEqualNumbers = async (one: AsyncIterable<Elements>, other: AsyncIterable<Elements>): Promise<boolean> => {
  const others = other[Symbol.asyncIterator]()
  try {
    for await (const a of one) {
      const next = await others.next()
      if (next.done === true || next.value.length !== a.length) return false
      for (let i = 0; i < a.length; i++) if (a[i] !== next.value[i]) return false
    }
    return (await others.next()).done === true
  } finally {
    await others.return?.()
  }
}

/** Free text of all files, without the key `format`, which belongs to the file format. */
const metadataOf = (located: Located): ModelSource['metadata'] => {
  const texts = [...new Set([...located.values()].map(({ file }) => file))].flatMap((file) =>
    Object.entries(file.metadata),
  )
  return Object.fromEntries(texts.filter(([key]) => key !== 'format'))
}

/** Contents of a config.json, as they are and decoded. */
export interface ReadConfig {
  readonly json: Readonly<Record<string, unknown>>
  readonly config: HuggingFaceConfig
}

/** Reads a folder's config.json and decodes it. @errors CheckpointError */
export const readConfig = (folder: string): TE.TaskEither<CheckpointError, ReadConfig> => {
  const file = join(folder, huggingFaceFiles.config)
  return pipe(
    readJson(file, 'the config.json of a Hugging Face folder'),
    TE.chainEitherK((json) =>
      pipe(
        decodeConfig(json, file),
        E.map((config) => ({ json: json as Readonly<Record<string, unknown>>, config })),
      ),
    ),
  )
}

/**
 * Leaves out tensors that are not weights of the model, as transformers does: the head of a tied model, which is a copy of the
 * embedding, and tables of rotary positions in old files.
 */
const withoutLeftovers =
  (tiedHead = true) =>
  (located: Located): Located =>
    new Map([...located].filter(([name]) => !(tiedHead && name === HEAD) && !name.endsWith('.rotary_emb.inv_freq')))

async function* readWeights(located: Located) {
  for (const file of new Set([...located.values()].map((weight) => weight.file)))
    yield* file.tensors([...located].filter(([, weight]) => weight.file === file).map(([name]) => name))
}

const openWeights = (folder: string): TE.TaskEither<CheckpointError, Located> =>
  pipe(
    isSharded(folder),
    TE.chain((sharded) =>
      sharded
        ? openShards(folder, join(folder, huggingFaceFiles.index))
        : pipe(
            openSafetensors(
              join(folder, huggingFaceFiles.weights),
              `${huggingFaceFiles.weights}, or ${huggingFaceFiles.index} and the files that it names`,
            ),
            TE.map((file) => locate([...file.entries.keys()].map((name) => [name, file]))),
          ),
    ),
  )

/** Returns the names of the files of a Hugging Face folder that its weights are read from. @errors CheckpointError */
export const weightFiles = (folder: string): TE.TaskEither<CheckpointError, readonly string[]> =>
  pipe(
    isSharded(folder),
    TE.chain((sharded) =>
      sharded
        ? pipe(
            readIndex(join(folder, huggingFaceFiles.index)),
            TE.map(({ weight_map }) => [huggingFaceFiles.index, ...new Set(Object.values(weight_map))]),
          )
        : TE.right([huggingFaceFiles.weights]),
    ),
  )

/** A folder may hold both, for example if a model was saved over another. transformers then ignores the index. */
const isSharded = (folder: string): TE.TaskEither<CheckpointError, boolean> =>
  TE.fromTask(
    async () =>
      !(await exists(join(folder, huggingFaceFiles.weights))) && (await exists(join(folder, huggingFaceFiles.index))),
  )

const IndexCodec = t.type({ weight_map: t.record(t.string, t.string, 'names of files by weight') })

const readIndex = (index: string): TE.TaskEither<CheckpointError, t.TypeOf<typeof IndexCodec>> =>
  pipe(
    readJson(index, 'an index of shards'),
    TE.chainEitherK((json) => decodeFields(IndexCodec, json, index)),
    TE.chainFirstEitherK(({ weight_map }) => checkNames(weight_map, index)),
  )

const openShards = (folder: string, index: string): TE.TaskEither<CheckpointError, Located> =>
  pipe(
    readIndex(index),
    TE.bindTo('index'),
    TE.bind('shards', ({ index: { weight_map } }) => openFiles(folder, new Set(Object.values(weight_map)))),
    TE.chainEitherK(({ index: { weight_map }, shards }) =>
      pipe(
        Object.entries(weight_map),
        E.traverseArray(([name, shard]) => {
          const file = shards.get(shard)!
          return file.entries.has(name)
            ? E.right([name, file] as const)
            : E.left(
                new CheckpointError(join(folder, shard), `no ${name}`, `the weight there, because ${index} lists it`),
              )
        }),
        E.map(locate),
      ),
    ),
  )

/** Checks that every shard lies in the folder. A file in it may be a link to another place, as in the cache of the hub. */
const checkNames = (map: Readonly<Record<string, string>>, index: string): E.Either<CheckpointError, void> => {
  const outside = Object.entries(map).find(([, name]) => !isInside(name))
  return outside === undefined
    ? E.right(undefined)
    : E.left(
        new CheckpointError(
          `${index}, weight_map.${outside[0]}`,
          JSON.stringify(outside[1]),
          'the name of a file in the folder of the index',
        ),
      )
}

const isInside = (name: string): boolean => {
  const path = normalize(name)
  return name !== '' && !/[\0\\]/.test(name) && !isAbsolute(name) && path !== '..' && !path.startsWith(`..${sep}`)
}

const openFiles = (
  folder: string,
  names: ReadonlySet<string>,
): TE.TaskEither<CheckpointError, ReadonlyMap<string, SafetensorsFile>> =>
  pipe(
    [...names],
    TE.traverseSeqArray((name) =>
      pipe(
        openSafetensors(join(folder, name), `a shard that ${huggingFaceFiles.index} names`),
        TE.map((file) => [name, file] as const),
      ),
    ),
    TE.map((files) => new Map(files)),
  )

const locate = (weights: readonly (readonly [string, SafetensorsFile])[]): Located =>
  new Map(weights.map(([name, file]) => [name, { type: typeOf(file.entries.get(name)!), file }]))

const readJson = (file: string, expected: string): TE.TaskEither<CheckpointError, unknown> =>
  pipe(
    readText(file, limits.json, expected),
    TE.chainEitherK((text) => parseJsonText(text, file)),
  )
