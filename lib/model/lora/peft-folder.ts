import { dirname, join, resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { parseJsonText } from '../../checkpoint/fields.js'
import { readText, toCheckpointError } from '../../checkpoint/file-parts.js'
import { limits } from '../../checkpoint/limits.js'
import { encode, typeOf } from '../../checkpoint/safetensors.js'
import { openSafetensors, type SafetensorsFile } from '../../checkpoint/safetensors-file.js'
import type { HostTensor } from '../../compute/program/node.js'
import { type Disk, machineDisk } from '../../file/disk.js'
import { FileError } from '../../file/file-error.js'
import { writeWhole } from '../../file/write-whole.js'
import type { DecoderConfig } from '../decoder-config.js'
import { mapWeights } from '../weights.js'
import type { Adapters } from './adapters.js'
import { decodePeftConfig, encodePeftConfig, fromPeftNames, toPeftNames } from './peft.js'
import { describeFolderProblem } from '../../file/file-problem.js'

const CONFIG = 'adapter_config.json'
const WEIGHTS = 'adapter_model.safetensors'
/** Names of the files in a folder of adapters. */
export const adapterFiles: readonly string[] = [CONFIG, WEIGHTS]
const EXPECTED = `a folder with ${CONFIG} and ${WEIGHTS}, as PEFT saves it`

/** Reads adapters for a model from a folder that PEFT saved. @errors CheckpointError that names the file and the field */
export const readAdapters = (folder: string, model: DecoderConfig): TE.TaskEither<CheckpointError, Adapters> => {
  const [configFile, weightsFile] = [join(folder, CONFIG), join(folder, WEIGHTS)]
  return pipe(
    readText(configFile, limits.json, EXPECTED),
    TE.chainEitherK((text) => parseJsonText(text, configFile)),
    TE.chainEitherK((json) => decodePeftConfig(json, configFile)),
    TE.bindTo('config'),
    TE.bind('parameters', ({ config }) =>
      pipe(
        openSafetensors(weightsFile, EXPECTED),
        TE.bindTo('opened'),
        TE.bind('names', ({ opened }) =>
          TE.fromEither(fromPeftNames(model, config, mapWeights(opened.entries, typeOf), weightsFile)),
        ),
        TE.chain(({ opened, names }) => readTensors(opened, names, weightsFile)),
      ),
    ),
  )
}

/**
 * Writes adapters to a folder that PEFT loads. `base` is the name or path of the model that they belong to. The files are on the
 * device when the effect ends.
 *
 * @errors FileError
 */
export const writeAdapters = (
  folder: string,
  { config, parameters }: Adapters,
  base: string,
  disk: Disk = machineDisk,
): TE.TaskEither<FileError, void> =>
  pipe(
    TE.tryCatch(
      async () => {
        await disk.createFolder(folder)
        await disk.syncFolder(dirname(resolve(folder)))
      },
      (cause) => new FileError(folder, describeFolderProblem(cause), 'a folder that can be created', { cause }),
    ),
    TE.chain(() => writeWhole(join(folder, WEIGHTS), encode(toPeftNames(parameters), { format: 'pt' }), disk)),
    TE.chain(() =>
      writeWhole(join(folder, CONFIG), `${JSON.stringify(encodePeftConfig(config, base), null, 2)}\n`, disk),
    ),
  )

/** Reads tensors into memory. `names` are their names here by their names in the file. */
const readTensors = (
  { tensors }: SafetensorsFile,
  names: ReadonlyMap<string, string>,
  file: string,
): TE.TaskEither<CheckpointError, ReadonlyMap<string, HostTensor>> =>
  TE.tryCatch(
    async () => {
      const found = new Map<string, HostTensor>()
      for await (const [name, tensor] of tensors(names.keys())) found.set(names.get(name)!, tensor)
      return found
    },
    (cause) => (cause instanceof CheckpointError ? cause : toCheckpointError(file, cause, EXPECTED)),
  )
