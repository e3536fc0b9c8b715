import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { decodeFields, parseJsonText } from '../../checkpoint/fields.js'
import { toCheckpointError } from '../../checkpoint/file-parts.js'
import { typeOf } from '../../checkpoint/safetensors.js'
import { openSafetensors, type SafetensorsFile } from '../../checkpoint/safetensors-file.js'
import type { TensorType } from '../../compute/program/shape.js'
import { type ModelSource, checkWeights } from '../model-checkpoint.js'
import { HEAD, weightShapes } from '../weights.js'
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
    TE.bind('located', ({ read }) => pipe(openWeights(folder), TE.map(withoutLeftovers(read.config.decoder.tiedHead)))),
    TE.chainFirstEitherK(({ read, located }) =>
      checkWeights(
        weightShapes(read.config.decoder),
        new Map([...located].map(([name, { type }]) => [name, type])),
        folder,
      ),
    ),
    TE.map(({ read, located }) => ({
      config: read.config.decoder,
      weights: { [Symbol.asyncIterator]: () => readWeights(located) },
      metadata: metadataOf(located),
    })),
  )

/** Free text of all files, without the key `format`, which belongs to the file format. */
const metadataOf = (located: Located): ModelSource['metadata'] => {
  const texts = [...new Set([...located.values()].map(({ file }) => file))].flatMap((file) =>
    Object.entries(file.metadata),
  )
  return Object.fromEntries(texts.filter(([key]) => key !== 'format'))
}

/** Reads a folder's config.json and decodes it. @errors CheckpointError */
export const readConfig = (
  folder: string,
): TE.TaskEither<
  CheckpointError,
  { readonly json: Readonly<Record<string, unknown>>; readonly config: HuggingFaceConfig }
> => {
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

const openWeights = (folder: string): TE.TaskEither<CheckpointError, Located> => {
  const [single, index] = [join(folder, huggingFaceFiles.weights), join(folder, huggingFaceFiles.index)]
  return pipe(
    TE.fromTask<boolean, CheckpointError>(() => exists(index)),
    TE.chain((sharded) =>
      sharded
        ? openShards(folder, index)
        : pipe(
            openSafetensors(
              single,
              `${huggingFaceFiles.weights}, or ${huggingFaceFiles.index} and the files that it names`,
            ),
            TE.map((file) => locate([...file.entries.keys()].map((name) => [name, file]))),
          ),
    ),
  )
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

const IndexCodec = t.type({ weight_map: t.record(t.string, t.string, 'names of files by weight') })

const openShards = (folder: string, index: string): TE.TaskEither<CheckpointError, Located> =>
  pipe(
    readJson(index, 'an index of shards'),
    TE.chainEitherK((json) => decodeFields(IndexCodec, json, index)),
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
    TE.tryCatch(
      () => readFile(file, 'utf8'),
      (cause) => toCheckpointError(file, cause, expected),
    ),
    TE.chainEitherK((text) => parseJsonText(text, file)),
  )
