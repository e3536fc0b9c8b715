import { type FileHandle, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { companions } from '../../checkpoint/companions.js'
import { bytesOf, bytesPer, layOut, type StoredFloat } from '../../checkpoint/safetensors.js'
import { limits } from '../../checkpoint/limits.js'
import { sizeOf } from '../../compute/program/shape.js'
import type { Shape } from '../../compute/program/node.js'
import { readRegularFile } from '../../file/regular-file.js'
import type { DecoderConfig } from '../decoder-config.js'
import { iterateWeights, type ModelSource } from '../model-checkpoint.js'
import { mapWeights, type WeightMap, weightShapes } from '../weights.js'
import { encodeConfig, withFloat } from './config.js'
import { huggingFaceFiles, shardName } from './files.js'
import { type ReadConfig, readConfig } from './read-folder.js'
import { describeFileProblem } from '../../file/file-problem.js'

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
 * Writes a folder that transformers loads. A failure leaves no partial folder. Weights are copied one at a time, so that a
 * model in a file is never in memory as a whole.
 *
 * @errors CheckpointError: a folder that is not empty, a source of another network, a network of no supported family, a weight
 * that does not fit the configuration
 */
export const writeHuggingFace = (
  folder: string,
  model: ModelSource,
  options: HuggingFaceOptions = {},
): TE.TaskEither<CheckpointError, void> =>
  pipe(
    configOf(model, options, folder),
    TE.chain((written) =>
      TE.tryCatch(
        () => writeWholeFolder(folder, (part) => fill(part, model, written, options)),
        (cause) =>
          cause instanceof CheckpointError
            ? cause
            : new CheckpointError(folder, describeFileProblem(cause), 'a folder that can be written'),
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

const writeWholeFolder = async (folder: string, fill: (part: string) => Promise<void>): Promise<void> => {
  const entries = await readdir(folder).catch(() => [])
  if (entries.length > 0)
    throw new CheckpointError(folder, `a folder with ${entries.length} entries`, 'no folder, or an empty one')
  const part = `${resolve(folder)}.part`
  try {
    await rm(part, { recursive: true, force: true })
    await mkdir(part)
    await fill(part)
    await rename(part, folder)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw error
  }
}

const fill = async (
  folder: string,
  model: ModelSource,
  { json, float }: WrittenConfig,
  { source, files = {}, shardBytes = SHARD }: HuggingFaceOptions,
): Promise<void> => {
  await writeFile(join(folder, huggingFaceFiles.config), jsonText(json))
  const shards = shardsOf(weightShapes(model.config), float, shardBytes)
  await writeShards(folder, model, shards, float)
  if (shards.size > 1) await writeFile(join(folder, huggingFaceFiles.index), jsonText(indexOf(shards, float)))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  if (source === undefined) return
  const sourceFiles = new Set(await readdir(source))
  for (const name of companions)
    if (sourceFiles.has(name))
      await writeFile(join(folder, name), await readRegularFile(join(source, name), limits.json))
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

/** Writes each weight to its place in its file, in the order in which the model's source yields them. */
const writeShards = async (
  folder: string,
  model: ModelSource,
  shards: ReadonlyMap<string, WeightMap<Shape>>,
  float: StoredFloat,
): Promise<void> => {
  const handles: FileHandle[] = []
  const places = new Map<string, { readonly handle: FileHandle; readonly at: number }>()
  try {
    for (const [file, shapes] of shards) {
      const handle = await open(join(folder, file), 'w')
      handles.push(handle)
      const layout = layOut(
        mapWeights(shapes, (shape) => ({ shape, dtype: float })),
        { ...model.metadata, ...FORMAT },
      )
      await writeAt(handle, layout.header, 0)
      for (const [name, at] of layout.places) places.set(name, { handle, at })
    }
    for await (const [name, { data }] of iterateWeights(model)) {
      const { handle, at } = places.get(name)!
      await writeAt(handle, bytesOf(data, float), at)
    }
  } finally {
    for (const handle of handles) await handle.close()
  }
}

const writeAt = async (handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length;)
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten
}

const indexOf = (shards: ReadonlyMap<string, WeightMap<Shape>>, float: StoredFloat) => {
  const weights = [...shards].flatMap(([file, shapes]) => [...shapes].map(([name, shape]) => ({ file, name, shape })))
  return {
    metadata: { total_size: weights.reduce((sum, { shape }) => sum + bytesPer(float) * sizeOf(shape), 0) },
    weight_map: Object.fromEntries(weights.map(({ name, file }) => [name, file])),
  }
}
