import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { parseJsonText } from '../../checkpoint/fields.js'
import { decode, encode } from '../../checkpoint/safetensors.js'
import { FileError } from '../../file/file-error.js'
import { writeWhole } from '../../file/write-whole.js'
import type { DecoderConfig } from '../decoder-config.js'
import type { Adapters } from './adapters.js'
import { decodePeftConfig, encodePeftConfig, fromPeftNames, toPeftNames } from './peft.js'
import { describeFileProblem, describeFolderProblem } from '../../file/file-problem.js'

const CONFIG = 'adapter_config.json'
const WEIGHTS = 'adapter_model.safetensors'

/** Reads adapters for a model from a folder that PEFT saved. @errors CheckpointError that names the file and the field */
export const readAdapters = (folder: string, model: DecoderConfig): TE.TaskEither<CheckpointError, Adapters> => {
  const [configFile, weightsFile] = [join(folder, CONFIG), join(folder, WEIGHTS)]
  return pipe(
    readBytes(configFile),
    TE.chainEitherK((bytes) => parseJsonText(new TextDecoder().decode(bytes), configFile)),
    TE.chainEitherK((json) => decodePeftConfig(json, configFile)),
    TE.bindTo('config'),
    TE.bind('parameters', ({ config }) =>
      pipe(
        readBytes(weightsFile),
        TE.chainEitherK((bytes) => decode(bytes, weightsFile)),
        TE.chainEitherK(({ tensors }) => fromPeftNames(model, config, tensors, weightsFile)),
      ),
    ),
  )
}

/** Writes adapters to a folder that PEFT loads. `base` is the name or path of the model that they belong to. @errors FileError */
export const writeAdapters = (
  folder: string,
  { config, parameters }: Adapters,
  base: string,
): TE.TaskEither<FileError, void> =>
  pipe(
    TE.tryCatch(
      () => mkdir(folder, { recursive: true }),
      (cause) => new FileError(folder, describeFolderProblem(cause), 'a folder that can be created', { cause }),
    ),
    TE.chain(() => writeWhole(join(folder, WEIGHTS), encode(toPeftNames(parameters), { format: 'pt' }))),
    TE.chain(() => writeWhole(join(folder, CONFIG), `${JSON.stringify(encodePeftConfig(config, base), null, 2)}\n`)),
  )

const readBytes = (file: string): TE.TaskEither<CheckpointError, Uint8Array> =>
  TE.tryCatch(
    () => readFile(file),
    (cause) =>
      new CheckpointError(file, describeFileProblem(cause), `a folder with ${CONFIG} and ${WEIGHTS}, as PEFT saves it`),
  )
