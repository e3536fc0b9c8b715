import { gunzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { decodeFields, parseJsonText } from '../../checkpoint/fields.js'
import { decode } from '../../checkpoint/safetensors.js'
import type { HostTensor } from '../../compute/program/node.js'
import { describeThrown } from '../../describe.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import type { Adapters } from '../../model/lora/adapters.js'
import { loraTargets } from '../../model/lora/lora.js'
import { fromPeftNames } from '../../model/lora/peft.js'
import { typeOfTensor } from '../../model/model-checkpoint.js'
import { mapWeights } from '../../model/weights.js'

const [CONFIG, WEIGHTS] = ['adapter_config.json', 'adapter_model.safetensors']

/** Maximum size of an archive, before and after unpacking. @units bytes */
export const LARGEST_ARCHIVE = 2 ** 32

/** Fields of an `adapter_config.json` that are read. A service may leave the target modules out, so they follow from the tensors. */
const ConfigCodec = t.type({ r: t.Int, lora_alpha: t.number })

/**
 * Reads adapters from the archive of a service: the two files of PEFT in a tar file that is compressed by gzip.
 *
 * @errors CheckpointError for an archive that is damaged, lacks a file, or does not fit the network
 */
export const readAdapterArchive = (
  archive: Uint8Array,
  network: DecoderConfig,
  place: string,
): E.Either<CheckpointError, Adapters> =>
  pipe(
    E.tryCatch(
      () => new Map(filesIn(gunzipSync(archive, { maxOutputLength: LARGEST_ARCHIVE }))),
      (cause) => new CheckpointError(place, describeThrown(cause), 'a tar file that is compressed by gzip', { cause }),
    ),
    E.bindTo('files'),
    E.bind('settings', ({ files }) =>
      pipe(
        fileOf(files, CONFIG, place),
        E.chain((bytes) => parseJsonText(new TextDecoder().decode(bytes), `${place}, ${CONFIG}`)),
        E.chain((json) => decodeFields(ConfigCodec, json, `${place}, ${CONFIG}`)),
      ),
    ),
    E.bind('stored', ({ files }) =>
      pipe(
        fileOf(files, WEIGHTS, place),
        E.chain((bytes) => decode(bytes, `${place}, ${WEIGHTS}`)),
        E.map(({ tensors }) => tensors),
      ),
    ),
    E.bind('config', ({ settings, stored }) =>
      E.right({ rank: settings.r, alpha: settings.lora_alpha, targets: targetsOf(stored) }),
    ),
    E.bind('names', ({ config, stored }) =>
      fromPeftNames(network, config, mapWeights(stored, typeOfTensor), `${place}, ${WEIGHTS}`),
    ),
    E.map(({ config, stored, names }) => ({
      config,
      parameters: new Map([...names].map(([inFile, name]) => [name, stored.get(inFile)!])),
    })),
  )

const targetsOf = (tensors: ReadonlyMap<string, HostTensor>) =>
  loraTargets.filter((target) => [...tensors.keys()].some((name) => name.includes(`.${target}.`)))

const fileOf = (
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  place: string,
): E.Either<CheckpointError, Uint8Array> =>
  E.fromNullable(new CheckpointError(place, `the files ${[...files.keys()].join(', ')}`, `the file ${name}`))(
    files.get(name),
  )

/** Size of a block of a tar file. @units bytes */
const BLOCK = 512

/**
 * Files of a tar file, by the last part of their names.
 *
 * @source POSIX.1-2001, pax interchange format: name, size and type of an entry
 */
function* filesIn(tar: Uint8Array): Generator<readonly [string, Uint8Array]> {
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const field = (start: number, length: number) =>
      new TextDecoder().decode(tar.subarray(at + start, at + start + length)).replace(/\0.*$/s, '')
    const size = Number.parseInt(field(124, 12).trim(), 8)
    if (!(size >= 0 && at + BLOCK + size <= tar.length)) throw new Error('an entry of the tar file that is cut')
    const isFile = ['', '0'].includes(field(156, 1))
    if (isFile) yield [field(0, 100).split('/').at(-1)!, tar.subarray(at + BLOCK, at + BLOCK + size)]
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
}
