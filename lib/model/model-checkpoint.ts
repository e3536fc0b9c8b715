import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { decode, encode } from '../checkpoint/safetensors.js'
import { dtypeOfElements } from '../compute/program/elements.js'
import type { HostTensor, Shape } from '../compute/program/node.js'
import { describeType, type TensorType } from '../compute/program/shape.js'
import { type DecoderConfig, DecoderConfigCodec } from './decoder-config.js'
import { mapParameters, type Parameters, parameterShapes } from './parameters.js'

/** A model to load: its sizes, its weights as they are asked for, and where it comes from. */
export interface ModelSource {
  readonly config: DecoderConfig
  /** Each weight once, in any order: those in memory, or a file's, of which one is in memory at a time. */
  readonly parameters: ParameterSource
  /** Free text: seed, command, data, licence. */
  readonly metadata: Readonly<Record<string, string>>
}

export type ParameterSource = Iterable<readonly [string, HostTensor]> | AsyncIterable<readonly [string, HostTensor]>

/** A model in memory. */
export interface ModelCheckpoint extends ModelSource {
  readonly parameters: Parameters<HostTensor>
}

/** The model with some of its weights changed, or all; those are not read from where the others come from. */
export const withWeights = (model: ModelSource, changed: Parameters<HostTensor>): ModelSource => {
  const all = [...parameterShapes(model.config).keys()].every((name) => changed.has(name))
  return { ...model, parameters: all ? changed : { [Symbol.asyncIterator]: () => replaced(model.parameters, changed) } }
}

async function* replaced(parameters: ParameterSource, changed: Parameters<HostTensor>) {
  for await (const [name, tensor] of parameters) yield [name, changed.get(name) ?? tensor] as const
}

/** All of a model's weights at once. @errors CheckpointError; what its source throws */
export const inMemory = async (model: ModelSource): Promise<ModelCheckpoint> => {
  const found = new Map<string, HostTensor>()
  for await (const [name, tensor] of checkedWeights(model)) found.set(name, tensor)
  return { ...model, parameters: mapParameters(parameterShapes(model.config), (_, name) => found.get(name)!) }
}

/** Metadata key that holds the decoder's sizes as JSON. */
const CONFIG = 'decoder'

/** As safetensors, the sizes in its metadata. */
export const encodeModel = ({ config, parameters, metadata }: ModelCheckpoint): Uint8Array =>
  encode(parameters, { ...metadata, [CONFIG]: JSON.stringify(config) })

/**
 * Reads what {@link encodeModel} wrote; `file` is for messages.
 *
 * @errors CheckpointError: cut short, no or wrong sizes, a weight that is missing, superfluous or of another type or shape
 */
export const decodeModel = (bytes: Uint8Array, file: string): E.Either<CheckpointError, ModelCheckpoint> =>
  pipe(
    decode(bytes, file),
    E.chain(({ tensors, metadata }) =>
      pipe(
        storedConfig(metadata, mapParameters(tensors, typeOfTensor), file),
        E.map((stored) => ({
          ...stored,
          parameters: mapParameters(parameterShapes(stored.config), (_, name) => tensors.get(name)!),
        })),
      ),
    ),
  )

/**
 * Takes the sizes out of a file's metadata, and makes sure that its weights are of these sizes.
 *
 * @errors CheckpointError
 */
export const storedConfig = (
  metadata: ModelSource['metadata'],
  weights: Parameters<TensorType>,
  file: string,
): E.Either<CheckpointError, Omit<ModelSource, 'parameters'>> =>
  pipe(
    decoderConfig(metadata[CONFIG], file),
    E.chainFirst((config) => sameWeights(parameterShapes(config), weights, file)),
    E.map((config) => ({
      config,
      metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== CONFIG)),
    })),
  )

const decoderConfig = (json: string | undefined, file: string): E.Either<CheckpointError, DecoderConfig> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(json ?? 'null'),
      () => undefined,
    ),
    E.chainW((sizes) => DecoderConfigCodec.decode(sizes)),
    E.mapLeft(() => new CheckpointError(`${file}, metadata ${CONFIG}`, json ?? 'nothing', DecoderConfigCodec.name)),
  )

/** Whether the weights are those expected, all of them and no other. @errors CheckpointError that names the first that is not */
export const sameWeights = (
  expected: Parameters<Shape>,
  found: Parameters<TensorType>,
  file: string,
): E.Either<CheckpointError, void> => {
  for (const name of new Set([...expected.keys(), ...found.keys()])) {
    const problem = weightProblem(expected.get(name), found.get(name), name, file)
    if (problem !== null) return E.left(problem)
  }
  return E.right(undefined)
}

/**
 * The weights as they come, each made sure of, and at the end that none is missing.
 *
 * @errors throws CheckpointError that names a weight that is missing, superfluous, or of another type or shape
 */
export async function* checkedWeights({
  config,
  parameters,
}: Pick<ModelSource, 'config' | 'parameters'>): AsyncGenerator<readonly [string, HostTensor]> {
  const missing = new Map(parameterShapes(config))
  for await (const [name, tensor] of parameters) {
    const problem = weightProblem(missing.get(name), typeOfTensor(tensor), name, ANYWHERE)
    if (problem !== null) throw problem
    missing.delete(name)
    yield [name, tensor]
  }
  for (const [name, shape] of missing) throw weightProblem(shape, undefined, name, ANYWHERE)!
}

/** What messages call a source that is no file. */
const ANYWHERE = 'the checkpoint'

/** What is wrong with a weight, which is to be of that shape; undefined stands for none. */
const weightProblem = (
  shape: Shape | undefined,
  found: TensorType | undefined,
  name: string,
  file: string,
): CheckpointError | null => {
  const want = shape === undefined ? 'nothing' : describeType({ shape, dtype: 'float32' })
  const have = found === undefined ? 'nothing' : describeType(found)
  return want === have ? null : new CheckpointError(`${file}, weight ${name}`, have, want)
}

export const typeOfTensor = ({ shape, data }: HostTensor): TensorType => ({ shape, dtype: dtypeOfElements(data) })
