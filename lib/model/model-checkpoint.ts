import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { decodeFields, parseJsonText } from '../checkpoint/fields.js'
import { decode, encode } from '../checkpoint/safetensors.js'
import { dtypeOfElements } from '../compute/program/elements.js'
import type { HostTensor, Shape } from '../compute/program/node.js'
import { describeType, type TensorType } from '../compute/program/shape.js'
import { type DecoderConfig, DecoderConfigCodec } from './decoder-config.js'
import { mapWeights, type WeightMap, weightShapes } from './weights.js'

/** Source of a model: its configuration, an iterable of its weights, and free text about it. */
export interface ModelSource {
  readonly config: DecoderConfig
  /** Each weight once, in any order. Weights of a file are read one at a time while they are iterated. */
  readonly weights: WeightEntries
  /** Free text by key, such as seed, command, data and licence. */
  readonly metadata: Readonly<Record<string, string>>
  /** Sentences about a file that says one thing and holds another, for the user. */
  readonly warnings?: readonly string[]
}

/** Names and tensors of weights, in memory or read while they are iterated. */
export type WeightEntries = Iterable<readonly [string, HostTensor]> | AsyncIterable<readonly [string, HostTensor]>

/** A model in memory. */
export interface ModelCheckpoint extends ModelSource {
  readonly weights: WeightMap<HostTensor>
}

/** Returns a model with some of its weights replaced. If all are replaced, the source of the model is not read. */
export const withWeights = (model: ModelSource, changed: WeightMap<HostTensor>): ModelSource => {
  const all = [...weightShapes(model.config).keys()].every((name) => changed.has(name))
  return { ...model, weights: all ? changed : { [Symbol.asyncIterator]: () => replaceEntries(model.weights, changed) } }
}

async function* replaceEntries(weights: WeightEntries, changed: WeightMap<HostTensor>) {
  for await (const [name, tensor] of weights) yield [name, changed.get(name) ?? tensor] as const
}

/** Reads all weights of a model into memory. @errors rejects with CheckpointError or the error of the model's source */
export const inMemory = async (model: ModelSource): Promise<ModelCheckpoint> => {
  const found = new Map<string, HostTensor>()
  for await (const [name, tensor] of iterateWeights(model)) found.set(name, tensor)
  return { ...model, weights: mapWeights(weightShapes(model.config), (_, name) => found.get(name)!) }
}

/** Metadata key of the decoder configuration, which is stored as JSON. */
const CONFIG = 'decoder'

/** Returns a model as the bytes of a safetensors file, with the decoder configuration in its metadata. */
export const encodeModel = ({ config, weights, metadata }: ModelCheckpoint): Uint8Array =>
  encode(weights, { ...metadata, [CONFIG]: JSON.stringify(config) })

/**
 * Decodes bytes of {@link encodeModel}. `file` is the place that errors name.
 *
 * @errors CheckpointError: a truncated file, a missing or wrong configuration, a weight that is missing, superfluous or of
 * another type or shape
 */
export const decodeModel = (bytes: Uint8Array, file: string): E.Either<CheckpointError, ModelCheckpoint> =>
  pipe(
    decode(bytes, file),
    E.chain(({ tensors, metadata }) =>
      pipe(
        decodeStoredConfig(metadata, mapWeights(tensors, typeOfTensor), file),
        E.map((stored) => ({
          ...stored,
          weights: mapWeights(weightShapes(stored.config), (_, name) => tensors.get(name)!),
        })),
      ),
    ),
  )

/**
 * Reads the decoder configuration from a file's metadata and checks the file's weights against it.
 *
 * @errors CheckpointError
 */
export const decodeStoredConfig = (
  metadata: ModelSource['metadata'],
  weights: WeightMap<TensorType>,
  file: string,
): E.Either<CheckpointError, Omit<ModelSource, 'weights'>> =>
  pipe(
    decoderConfig(metadata[CONFIG], file),
    E.chainFirst((config) => checkWeights(weightShapes(config), weights, file)),
    E.map((config) => ({
      config,
      metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== CONFIG)),
    })),
  )

const decoderConfig = (json: string | undefined, file: string): E.Either<CheckpointError, DecoderConfig> => {
  const place = `${file}, metadata ${CONFIG}`
  return pipe(
    json === undefined ? E.right(undefined) : parseJsonText(json, place),
    E.chain((fields) => decodeFields(DecoderConfigCodec, fields, place)),
  )
}

/** Checks that a file has exactly the expected weights. @errors CheckpointError that names the first wrong weight */
export const checkWeights = (
  expected: WeightMap<Shape>,
  found: WeightMap<TensorType>,
  file: string,
): E.Either<CheckpointError, void> => {
  for (const name of new Set([...expected.keys(), ...found.keys()])) {
    const problem = weightProblem(expected.get(name), found.get(name), name, file)
    if (problem !== null) return E.left(problem)
  }
  return E.right(undefined)
}

/**
 * Iterates the weights of a model. Checks each weight when it is read, and at the end that none is missing.
 *
 * @errors throws CheckpointError that names a weight that is missing, superfluous, or of another type or shape
 */
export async function* iterateWeights({
  config,
  weights,
}: Pick<ModelSource, 'config' | 'weights'>): AsyncGenerator<readonly [string, HostTensor]> {
  const missing = new Map(weightShapes(config))
  for await (const [name, tensor] of weights) {
    const problem = weightProblem(missing.get(name), typeOfTensor(tensor), name, UNNAMED_SOURCE)
    if (problem !== null) throw problem
    missing.delete(name)
    yield [name, tensor]
  }
  for (const [name, shape] of missing) throw weightProblem(shape, undefined, name, UNNAMED_SOURCE)!
}

/** Place that errors name for a source without a file. */
const UNNAMED_SOURCE = 'the checkpoint'

/** Compares a weight with its expected shape; `undefined` stands for no weight. Returns null if they agree. */
const weightProblem = (
  shape: Shape | undefined,
  found: TensorType | undefined,
  name: string,
  file: string,
): CheckpointError | null => {
  const expected = shape === undefined ? 'nothing' : describeType({ shape, dtype: 'float32' })
  const actual = found === undefined ? 'nothing' : describeType(found)
  return expected === actual ? null : new CheckpointError(`${file}, weight ${name}`, actual, expected)
}

/** Returns shape and element type of a tensor. */
export const typeOfTensor = ({ shape, data }: HostTensor): TensorType => ({ shape, dtype: dtypeOfElements(data) })
