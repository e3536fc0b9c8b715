import { dirname, join, normalize, resolve } from 'node:path'
import { companionsIn } from '../../lib/checkpoint/companions.js'
import { huggingFaceFiles } from '../../lib/model/hugging-face/files.js'
import { weightFiles } from '../../lib/model/hugging-face/read-folder.js'
import { adapterFiles } from '../../lib/model/lora/peft-folder.js'
import { orThrow } from '../../lib/or-throw.js'
import { digestOfFile } from '../../lib/run/checkpoint/read-checkpoint.js'
import type { FileDigest, RunCheckpoint } from '../../lib/run/checkpoint/run-checkpoint.js'
import { ConfigError } from '../config/config-error.js'
import type { TrainConfig } from '../config/train-config.js'
import type { NamedModel } from '../resources/open-model.js'

/** Settings that name the files of a run. */
type NamedInputs = Pick<TrainConfig, 'model' | 'adapter' | 'data' | 'verifier'>

/**
 * Returns the digests of the files that a run reads: its data, the module of its verifier, its adapters and its model. Other files in
 * the folder of a model, such as a readme or weights in another format, may change.
 *
 * @errors rejects with CheckpointError
 */
export const digestInputs = async (
  { model, adapter, data: { train, tune, test }, verifier }: NamedInputs,
  base: Pick<NamedModel, 'path' | 'kind'>,
): Promise<RunCheckpoint['inputs']> => {
  const files = [
    ...[...train, ...tune, ...test],
    ...(verifier === null ? [] : [verifier]),
    ...(adapter === null ? [] : adapterFiles.map((name) => join(adapter, name))),
    // The model comes last, because it takes the longest time and its weights are read later.
    ...(await modelFiles(base)),
  ]
  const digests: Record<string, FileDigest> = {}
  // A bundled model keeps its name, wherever the package is installed.
  for (const file of files) digests[normalize(file === base.path ? model : file)] = await orThrow(digestOfFile(file))
  return digests
}

/** Returns the files that a model and its tokenizer are read from. */
const modelFiles = async ({ path, kind }: Pick<NamedModel, 'path' | 'kind'>): Promise<readonly string[]> => {
  if (kind === 'own') return [path]
  const folder = kind === 'folder' ? path : dirname(path)
  const companions = (await companionsIn(folder)).map((name) => join(folder, name))
  if (kind === 'folder') {
    const others = [huggingFaceFiles.config, ...(await orThrow(weightFiles(folder)))]
    return [...companions, ...others.map((name) => join(folder, name))]
  }
  // A tokenizer.json beside a GGUF file takes the place of the tokenizer in it.
  return companions.includes(join(folder, 'tokenizer.json')) ? [...companions, path] : [path]
}

/**
 * Checks that the files that a run reads are those that it has read before. A verifier that was replaced is a changed setting, which is
 * recorded by its name.
 *
 * @errors throws ConfigError that names each file that has changed
 */
export const checkInputs = (
  { inputs, config }: Pick<RunCheckpoint, 'inputs' | 'config'>,
  found: RunCheckpoint['inputs'],
  before: NamedInputs,
  now: NamedInputs,
): void => {
  const replaced = before.verifier === now.verifier ? [] : [before.verifier, now.verifier]
  const isReplaced = (name: string) => replaced.some((file) => file !== null && normalize(file) === name)
  const problems = (config === null ? namesOfEarlierFormat(inputs, found, now) : Object.keys({ ...inputs, ...found }))
    .filter((name) => !isReplaced(name) && inputs[name]?.sha256 !== found[name]?.sha256)
    .map((name) => `${name}: ${differenceOf(inputs[name], found[name])}`)
  if (problems.length > 0) throw new ConfigError(problems)
}

/** Returns the files to compare with a checkpoint of an earlier format, which has every file in the folders of the model and the adapters. */
const namesOfEarlierFormat = (
  inputs: RunCheckpoint['inputs'],
  found: RunCheckpoint['inputs'],
  { model, adapter }: NamedInputs,
): readonly string[] => {
  const folders = [model, adapter].filter((path) => path !== null).map((path) => resolve(path))
  return Object.keys(inputs).filter((name) => name in found || !folders.includes(resolve(dirname(name))))
}

const differenceOf = (before: FileDigest | undefined, now: FileDigest | undefined): string => {
  if (before === undefined)
    return `found ${now!.bytes} bytes, expected no such file, because the run has not read it before`
  return now === undefined
    ? `found no such file among those that the run reads, expected the ${before.bytes} bytes that it has read before`
    : `found ${now.bytes} bytes with another SHA-256 digest, expected the ${before.bytes} bytes that the run has read before`
}
