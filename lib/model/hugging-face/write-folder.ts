import { copyFile, type FileHandle, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { companions } from '../../checkpoint/companions.js'
import { bytesOf, bytesPer, layOut, type StoredFloat } from '../../checkpoint/safetensors.js'
import { sizeOf } from '../../compute/program/shape.js'
import type { Shape } from '../../compute/program/node.js'
import type { DecoderConfig } from '../decoder-config.js'
import { checkedWeights, type ModelSource } from '../model-checkpoint.js'
import { mapParameters, type Parameters, parameterShapes } from '../parameters.js'
import { encodeConfig, withFloat } from './config.js'
import { huggingFaceFiles, shardName } from './files.js'
import { readConfig } from './read-folder.js'

export interface HuggingFaceOptions {
  /** Folder of the model that this one was made of: its config.json is kept, and the files of its tokenizer are copied. */
  readonly source?: string
  /** Further files, by name: a tokenizer's, of a model that comes from elsewhere. */
  readonly files?: Readonly<Record<string, string>>
  /** What weights are stored as: as in the source, or float32 where there is none. */
  readonly float?: StoredFloat
  /** Largest size of a file of weights. @units bytes */
  readonly shardBytes?: number
}

/** As large as files of transformers are. @units bytes */
const SHARD = 5e9

/** Says which way round matrices are: transformers reads no file without. */
const FORMAT = { format: 'pt' }

/**
 * Writes a folder that transformers loads, whole or not at all. One weight is in memory at a time, if the model's source holds
 * no more.
 *
 * @errors CheckpointError: a folder that is not empty, a source of another network, a network of no family, a weight that is
 *         not as it should be
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
        () => wholeFolder(folder, (beside) => fill(beside, model, written, options)),
        (cause) =>
          cause instanceof CheckpointError
            ? cause
            : new CheckpointError(folder, String(cause), 'a folder that can be written'),
      ),
    ),
  )

interface Written {
  readonly json: Readonly<Record<string, unknown>>
  readonly float: StoredFloat
}

const configOf = (
  { config }: ModelSource,
  { source, float }: HuggingFaceOptions,
  folder: string,
): TE.TaskEither<CheckpointError, Written> => {
  if (source === undefined)
    return pipe(
      TE.fromEither(encodeConfig({ decoder: config, float: float ?? 'F32' }, folder)),
      TE.map((json) => ({ json, float: float ?? 'F32' })),
    )
  return pipe(
    readConfig(source),
    TE.filterOrElse(
      (read) => describes(read.config.decoder, config),
      () => new CheckpointError(join(source, huggingFaceFiles.config), 'another network', 'that of the model to write'),
    ),
    TE.map((read) => ({ float: float ?? read.config.float, json: withFloat(read.json, float ?? read.config.float) })),
  )
}

/** Whether both come to the same network: what is left out stands for something. */
const describes = (one: DecoderConfig, other: DecoderConfig): boolean => {
  const whole = (decoder: DecoderConfig) => JSON.stringify(encodeConfig({ decoder, float: 'F32' }, ''))
  return whole(one) === whole(other)
}

const wholeFolder = async (folder: string, fill: (beside: string) => Promise<void>): Promise<void> => {
  const there = await readdir(folder).catch(() => [])
  if (there.length > 0)
    throw new CheckpointError(folder, `a folder with ${there.length} entries`, 'none, or an empty one')
  const beside = `${resolve(folder)}.part`
  try {
    await rm(beside, { recursive: true, force: true })
    await mkdir(beside)
    await fill(beside)
    await rename(beside, folder)
  } catch (error) {
    await rm(beside, { recursive: true, force: true })
    throw error
  }
}

const fill = async (
  folder: string,
  model: ModelSource,
  { json, float }: Written,
  { source, files = {}, shardBytes = SHARD }: HuggingFaceOptions,
): Promise<void> => {
  await writeFile(join(folder, huggingFaceFiles.config), jsonText(json))
  const shards = shardsOf(parameterShapes(model.config), float, shardBytes)
  await writeShards(folder, model, shards, float)
  if (shards.size > 1) await writeFile(join(folder, huggingFaceFiles.index), jsonText(indexOf(shards, float)))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  if (source === undefined) return
  const there = new Set(await readdir(source))
  for (const name of companions) if (there.has(name)) await copyFile(join(source, name), join(folder, name))
}

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Weights by the name of their file: as many in each as fit, in order, and one at least. */
const shardsOf = (
  shapes: Parameters<Shape>,
  float: StoredFloat,
  limit: number,
): ReadonlyMap<string, Parameters<Shape>> => {
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

/** Each weight is written where it belongs when it comes. */
const writeShards = async (
  folder: string,
  model: ModelSource,
  shards: ReadonlyMap<string, Parameters<Shape>>,
  float: StoredFloat,
): Promise<void> => {
  const handles: FileHandle[] = []
  const places = new Map<string, { readonly handle: FileHandle; readonly at: number }>()
  try {
    for (const [file, shapes] of shards) {
      const handle = await open(join(folder, file), 'w')
      handles.push(handle)
      const layout = layOut(
        mapParameters(shapes, (shape) => ({ shape, dtype: float })),
        { ...model.metadata, ...FORMAT },
      )
      await writeAt(handle, layout.header, 0)
      for (const [name, at] of layout.places) places.set(name, { handle, at })
    }
    for await (const [name, { data }] of checkedWeights(model)) {
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

const indexOf = (shards: ReadonlyMap<string, Parameters<Shape>>, float: StoredFloat) => {
  const weights = [...shards].flatMap(([file, shapes]) => [...shapes].map(([name, shape]) => ({ file, name, shape })))
  return {
    metadata: { total_size: weights.reduce((sum, { shape }) => sum + bytesPer(float) * sizeOf(shape), 0) },
    weight_map: Object.fromEntries(weights.map(({ name, file }) => [name, file])),
  }
}
