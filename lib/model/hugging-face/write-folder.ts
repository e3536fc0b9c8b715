import { dirname, join, resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { companionsIn } from '../../checkpoint/companions.js'
import { bytesOf, bytesPer, layOut, type StoredFloat } from '../../checkpoint/safetensors.js'
import { toCheckpointError } from '../../checkpoint/file-parts.js'
import { limits } from '../../checkpoint/limits.js'
import { sizeOf } from '../../compute/program/shape.js'
import type { Shape } from '../../compute/program/node.js'
import { type Disk, machineDisk, type WritableFile, writeDurably, writePiece } from '../../file/disk.js'
import { FileError } from '../../file/file-error.js'
import { readRegularFile } from '../../file/regular-file.js'
import type { DecoderConfig } from '../decoder-config.js'
import { iterateWeights, type ModelSource } from '../model-checkpoint.js'
import { mapWeights, type WeightMap, weightShapes } from '../weights.js'
import { encodeConfig, withFloat } from './config.js'
import { huggingFaceFiles, shardName } from './files.js'
import { type ReadConfig, readConfig } from './read-folder.js'
import { describeFileProblem } from '../../file/file-problem.js'
import { partOf } from '../../file/write-whole.js'

/** Options of {@link writeHuggingFace}. */
export interface HuggingFaceOptions {
  /** Folder of the original model. Its config.json is kept, and its tokenizer files are copied. Without it, both are left out. */
  readonly source?: string
  /** Contents of further files by name, such as the tokenizer of a model from a GGUF file. */
  readonly files?: Readonly<Record<string, string>>
  /** Number format of the stored weights; without it, the format of `source`, or float32 if there is no source. */
  readonly float?: StoredFloat
  /** Maximum size of a file of weights [5e9]. A larger weight has a file of its own. @units bytes */
  readonly shardBytes?: number
}

/** Maximum size of a file of weights that transformers writes. @units bytes */
const SHARD = 5e9

/** Metadata of the file format. transformers rejects a file without it. */
const FORMAT = { format: 'pt' }

/**
 * Writes a folder that transformers loads. A failure or a crash leaves no partial folder. The folder is on the device when the
 * effect ends. Weights are copied one at a time, so that a model in a file is never in memory as a whole.
 *
 * @errors CheckpointError: a folder that is not empty, a source of another network, a network of no supported family, a weight
 * that does not fit the configuration; FileError for a folder that cannot be written
 */
export const writeHuggingFace = (
  folder: string,
  model: ModelSource,
  options: HuggingFaceOptions = {},
  disk: Disk = machineDisk,
): TE.TaskEither<CheckpointError | FileError, void> =>
  pipe(
    configOf(model, options, folder),
    TE.bindTo('config'),
    TE.bind('copied', () => companionsOf(options)),
    TE.chainW(({ config, copied }) =>
      TE.tryCatch(
        () =>
          writeWholeFolder(disk, folder, (part) =>
            fill(disk, part, model, config, { ...options, files: { ...options.files, ...copied } }),
          ),
        (cause) =>
          cause instanceof CheckpointError
            ? cause
            : new FileError(folder, describeFileProblem(cause), 'a folder that can be written', { cause }),
      ),
    ),
  )

/** Contents of the config.json to write, and the number format of the weights. */
interface WrittenConfig {
  readonly json: Readonly<Record<string, unknown>>
  readonly float: StoredFloat
}

const configOf = (
  { config }: ModelSource,
  { source, float }: HuggingFaceOptions,
  folder: string,
): TE.TaskEither<CheckpointError, WrittenConfig> => {
  if (source === undefined)
    return pipe(
      TE.fromEither(encodeConfig({ decoder: config, float: float ?? 'F32' }, folder)),
      TE.map((json) => ({ json, float: float ?? 'F32' })),
    )
  return pipe(
    readConfig(source),
    TE.map((read) => withHeadOf(config, read)),
    TE.filterOrElse(
      (read) => isSameNetwork(read.config.decoder, config),
      () => new CheckpointError(join(source, huggingFaceFiles.config), 'another network', 'that of the model to write'),
    ),
    TE.map((read) => ({ float: float ?? read.config.float, json: withFloat(read.json, float ?? read.config.float) })),
  )
}

/** Corrects a source that says that the head is the embedding, if the model that was read from it has a head of its own. */
const withHeadOf = ({ tiedHead = true }: DecoderConfig, read: ReadConfig): ReadConfig =>
  tiedHead || read.config.decoder.tiedHead === false
    ? read
    : {
        json: { ...read.json, tie_word_embeddings: false },
        config: { ...read.config, decoder: { ...read.config.decoder, tiedHead: false } },
      }

/** Returns whether two configurations are of the same network. Defaults are filled in before they are compared. */
const isSameNetwork = (one: DecoderConfig, other: DecoderConfig): boolean => {
  const withDefaults = (decoder: DecoderConfig) => JSON.stringify(encodeConfig({ decoder, float: 'F32' }, ''))
  return withDefaults(one) === withDefaults(other)
}

/** Reads the tokenizer and the other small files of the source, by name. @errors CheckpointError that names the file */
const companionsOf = ({
  source,
}: HuggingFaceOptions): TE.TaskEither<CheckpointError, Readonly<Record<string, Uint8Array>>> => {
  if (source === undefined) return TE.right({})
  return pipe(
    TE.tryCatch(
      () => companionsIn(source),
      (cause) => toCheckpointError(source, cause, 'the folder of the original model'),
    ),
    TE.chain(TE.traverseSeqArray((name) => readCompanion(source, name))),
    TE.map((files) => Object.fromEntries(files)),
  )
}

const readCompanion = (source: string, name: string): TE.TaskEither<CheckpointError, readonly [string, Uint8Array]> =>
  TE.tryCatch(
    async () => [name, await readRegularFile(join(source, name), limits.json)] as const,
    (cause) => toCheckpointError(join(source, name), cause, 'a file of the original model'),
  )

const writeWholeFolder = async (disk: Disk, folder: string, fill: (part: string) => Promise<void>): Promise<void> => {
  const entries = await disk.list(folder).catch(() => [])
  if (entries.length > 0)
    throw new CheckpointError(folder, `a folder with ${entries.length} entries`, 'no folder, or an empty one')
  const part = partOf(resolve(folder))
  try {
    // The folder above must exist: a new one would hide that it has vanished.
    await disk.list(dirname(part))
    await disk.remove(part)
    await disk.createFolder(part)
    await fill(part)
    await disk.syncFolder(part)
    await disk.rename(part, folder)
    await disk.syncFolder(dirname(part))
  } catch (error) {
    // The error of the write says more than one of the removal.
    await disk.remove(part).catch(() => undefined)
    throw error
  }
}

/** Files of a folder besides its weights, by name. */
type SmallFiles = Readonly<Record<string, string | Uint8Array>>

const fill = async (
  disk: Disk,
  folder: string,
  model: ModelSource,
  { json, float }: WrittenConfig,
  { files, shardBytes = SHARD }: Pick<HuggingFaceOptions, 'shardBytes'> & { readonly files: SmallFiles },
): Promise<void> => {
  const shards = shardsOf(weightShapes(model.config), float, shardBytes)
  const written: SmallFiles = {
    [huggingFaceFiles.config]: jsonText(json),
    ...(shards.size > 1 ? { [huggingFaceFiles.index]: jsonText(indexOf(shards, float)) } : {}),
    ...files,
  }
  for (const [name, contents] of Object.entries(written))
    await writeDurably(disk, join(folder, name), [
      typeof contents === 'string' ? new TextEncoder().encode(contents) : contents,
    ])
  await writeShards(disk, folder, model, shards, float)
}

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Distributes weights over files, in order: as many in each file as fit, but at least one. */
const shardsOf = (
  shapes: WeightMap<Shape>,
  float: StoredFloat,
  limit: number,
): ReadonlyMap<string, WeightMap<Shape>> => {
  const shards: Map<string, Shape>[] = []
  let room = 0
  for (const [name, shape] of shapes) {
    const bytes = bytesPer(float) * sizeOf(shape)
    if (shards.length === 0 || bytes > room) {
      shards.push(new Map())
      room = limit
    }
    shards.at(-1)!.set(name, shape)
    room -= bytes
  }
  const fileOf = (i: number) => (shards.length === 1 ? huggingFaceFiles.weights : shardName(i + 1, shards.length))
  return new Map(shards.map((shard, i) => [fileOf(i), shard]))
}

/**
 * Writes each weight to its place in its file, in the order in which the model's source yields them. The files are on the device
 * afterwards.
 */
const writeShards = async (
  disk: Disk,
  folder: string,
  model: ModelSource,
  shards: ReadonlyMap<string, WeightMap<Shape>>,
  float: StoredFloat,
): Promise<void> => {
  const opened: WritableFile[] = []
  const places = new Map<string, { readonly file: WritableFile; readonly at: number }>()
  try {
    for (const [name, shapes] of shards) {
      const file = await disk.openFile(join(folder, name))
      opened.push(file)
      const layout = layOut(
        mapWeights(shapes, (shape) => ({ shape, dtype: float })),
        { ...model.metadata, ...FORMAT },
      )
      await writePiece(file, layout.header, 0)
      for (const [weight, at] of layout.places) places.set(weight, { file, at })
    }
    for await (const [name, { data }] of iterateWeights(model)) {
      const { file, at } = places.get(name)!
      await writePiece(file, bytesOf(data, float), at)
    }
    for (const file of opened) await file.sync()
  } finally {
    for (const file of opened) await file.close()
  }
}

const indexOf = (shards: ReadonlyMap<string, WeightMap<Shape>>, float: StoredFloat) => {
  const weights = [...shards].flatMap(([file, shapes]) => [...shapes].map(([name, shape]) => ({ file, name, shape })))
  return {
    metadata: { total_size: weights.reduce((sum, { shape }) => sum + bytesPer(float) * sizeOf(shape), 0) },
    weight_map: Object.fromEntries(weights.map(({ name, file }) => [name, file])),
  }
}
