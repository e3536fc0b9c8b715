import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { unreadable } from '../../checkpoint/file-parts.js'
import { typeOf } from '../../checkpoint/safetensors.js'
import { openSafetensors, type SafetensorsFile } from '../../checkpoint/safetensors-file.js'
import type { TensorType } from '../../compute/program/shape.js'
import { type ModelSource, sameWeights } from '../model-checkpoint.js'
import { HEAD, parameterShapes } from '../parameters.js'
import { decodeConfig, type HuggingFaceConfig } from './config.js'
import { huggingFaceFiles } from './files.js'

/** Weights by name, each with the file that holds it. */
type Located = ReadonlyMap<string, { readonly type: TensorType; readonly file: SafetensorsFile }>

/**
 * Opens a folder as transformers writes it: config.json, and weights in one file or several. The weights are read when
 * they are asked for, one at a time.
 *
 * @errors CheckpointError
 */
export const readHuggingFace = (folder: string): TE.TaskEither<CheckpointError, ModelSource> =>
  pipe(
    readConfig(folder),
    TE.bindTo('read'),
    TE.bind('located', ({ read }) => pipe(openWeights(folder), TE.map(withoutLeftovers(read.config.decoder.tiedHead)))),
    TE.chainFirstEitherK(({ read, located }) =>
      sameWeights(
        parameterShapes(read.config.decoder),
        new Map([...located].map(([name, { type }]) => [name, type])),
        folder,
      ),
    ),
    TE.map(({ read, located }) => ({
      config: read.config.decoder,
      parameters: { [Symbol.asyncIterator]: () => weightsOf(located) },
      metadata: metadataOf(located),
    })),
  )

/** Free text of all files, without what the format itself says. */
const metadataOf = (located: Located): ModelSource['metadata'] => {
  const texts = [...new Set([...located.values()].map(({ file }) => file))].flatMap((file) =>
    Object.entries(file.metadata),
  )
  return Object.fromEntries(texts.filter(([key]) => key !== 'format'))
}

/** A folder's config.json, as it stands there and as it is understood. @errors CheckpointError */
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
 * What files hold besides: a tied head, which is the embedding once more, and tables of rotary positions in old ones.
 * transformers leaves them out as well.
 */
const withoutLeftovers =
  (tiedHead = true) =>
  (located: Located): Located =>
    new Map([...located].filter(([name]) => !(tiedHead && name === HEAD) && !name.endsWith('.rotary_emb.inv_freq')))

async function* weightsOf(located: Located) {
  for (const file of new Set([...located.values()].map((place) => place.file)))
    yield* file.tensors([...located].filter(([, place]) => place.file === file).map(([name]) => name))
}

const openWeights = (folder: string): TE.TaskEither<CheckpointError, Located> => {
  const [single, index] = [join(folder, huggingFaceFiles.weights), join(folder, huggingFaceFiles.index)]
  return pipe(
    TE.fromTask<boolean, CheckpointError>(() => exists(index)),
    TE.chain((sharded) =>
      sharded
        ? openShards(folder, index)
        : pipe(
            openSafetensors(single, `${huggingFaceFiles.weights}, or ${huggingFaceFiles.index} and what it names`),
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

const IndexCodec = t.type({ weight_map: t.record(t.string, t.string) })

const openShards = (folder: string, index: string): TE.TaskEither<CheckpointError, Located> =>
  pipe(
    readJson(index, 'an index of shards'),
    TE.chainEitherK((json) =>
      E.mapLeft(() => new CheckpointError(index, 'no mapping of weights to files', 'weight_map'))(
        IndexCodec.decode(json),
      ),
    ),
    TE.bindTo('index'),
    TE.bind('shards', ({ index: { weight_map } }) => openEach(folder, new Set(Object.values(weight_map)))),
    TE.chainEitherK(({ index: { weight_map }, shards }) =>
      pipe(
        Object.entries(weight_map),
        E.traverseArray(([name, shard]) => {
          const file = shards.get(shard)!
          return file.entries.has(name)
            ? E.right([name, file] as const)
            : E.left(new CheckpointError(join(folder, shard), `no ${name}`, `it there, as ${index} says`))
        }),
        E.map(locate),
      ),
    ),
  )

const openEach = (
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
      (cause) => unreadable(file, cause, expected),
    ),
    TE.chainEitherK((text) =>
      E.tryCatch(
        (): unknown => JSON.parse(text),
        (cause) => new CheckpointError(file, String(cause), 'JSON'),
      ),
    ),
  )
