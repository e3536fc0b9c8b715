import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { decode, encode } from '../checkpoint/safetensors.js'
import { dtypeOfElements } from '../compute/program/elements.js'
import type { HostTensor, Shape } from '../compute/program/node.js'
import { describeType } from '../compute/program/shape.js'
import { type DecoderConfig, DecoderConfigCodec } from './decoder-config.js'
import { type Parameters, parameterShapes } from './parameters.js'

/** A model at rest: its sizes, its weights, and where it comes from. */
export interface ModelCheckpoint {
  readonly config: DecoderConfig
  readonly parameters: Parameters<HostTensor>
  /** Free text: seed, command, data, licence. */
  readonly metadata: Readonly<Record<string, string>>
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
    E.bindTo('read'),
    E.bind('config', ({ read }) => decoderConfig(read.metadata[CONFIG], file)),
    E.chainFirst(({ read, config }) => sameTypes(parameterShapes(config), read.tensors, file)),
    E.map(({ read: { tensors, metadata }, config }) => ({
      config,
      parameters: new Map([...parameterShapes(config).keys()].map((name) => [name, tensors.get(name)!])),
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

const sameTypes = (
  expected: ReadonlyMap<string, Shape>,
  found: ReadonlyMap<string, HostTensor>,
  file: string,
): E.Either<CheckpointError, void> => {
  for (const name of new Set([...expected.keys(), ...found.keys()])) {
    const [shape, tensor] = [expected.get(name), found.get(name)]
    const want = shape === undefined ? 'nothing' : describeType({ shape, dtype: 'float32' })
    const have =
      tensor === undefined ? 'nothing' : describeType({ shape: tensor.shape, dtype: dtypeOfElements(tensor.data) })
    if (want !== have) return E.left(new CheckpointError(`${file}, weight ${name}`, have, want))
  }
  return E.right(undefined)
}
