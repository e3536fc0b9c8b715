import { readdir, stat } from 'node:fs/promises'
import { join, normalize, sep } from 'node:path'
import { orThrow } from '../../lib/or-throw.js'
import { digestOfFile } from '../../lib/run/checkpoint/read-checkpoint.js'
import type { FileDigest, RunCheckpoint } from '../../lib/run/checkpoint/run-checkpoint.js'
import { ConfigError } from '../config/config-error.js'
import type { TrainConfig } from '../config/train-config.js'
import type { NamedModel } from '../resources/open-model.js'

/** Settings that name the files of a run. */
type NamedInputs = Pick<TrainConfig, 'model' | 'adapter' | 'data' | 'verifier'>

/**
 * Returns the digests of the files that a run reads: its data, the module of its verifier, its adapters and its model.
 *
 * @errors rejects with CheckpointError
 */
export const digestInputs = async (
  { model, adapter, data, verifier }: NamedInputs,
  base: Pick<NamedModel, 'path'>,
): Promise<RunCheckpoint['inputs']> => {
  // A bundled model keeps its name, wherever the package is installed.
  const named = [
    ...[...dataFiles(data), verifier, adapter].filter((path) => path !== null).map((path) => [path, path] as const),
    // The model comes last, because it takes the longest time and its weights are read later.
    [model, base.path],
  ] as const
  const digests: Record<string, FileDigest> = {}
  for (const [name, path] of named)
    for (const file of await filesAt(path)) digests[join(name, file)] = await orThrow(digestOfFile(join(path, file)))
  return digests
}

const dataFiles = ({ train, tune, test }: TrainConfig['data']): readonly string[] => [...train, ...tune, ...test]

/** Returns the files of a folder, or the empty name for a path that is a file. */
const filesAt = async (path: string): Promise<readonly string[]> => {
  if (!(await stat(path)).isDirectory()) return ['']
  const entries = await readdir(path, { withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)
  return files.sort()
}

/**
 * Checks that the files that a run reads are those that it has read before. A verifier that the run has no longer is a changed
 * setting, which is recorded by its name.
 *
 * @errors throws ConfigError that names each file that has changed
 */
export const checkInputs = (
  { model, adapter, data }: NamedInputs,
  before: RunCheckpoint['inputs'],
  now: RunCheckpoint['inputs'],
): void => {
  const kept = [model, adapter, ...dataFiles(data)].filter((path) => path !== null).map((path) => normalize(path))
  const isKept = (name: string) => kept.some((path) => name === path || name.startsWith(join(path, sep)))
  const problems = Object.entries(before)
    .filter(([name, { sha256 }]) => (now[name] === undefined ? isKept(name) : now[name].sha256 !== sha256))
    .map(([name, { bytes }]) =>
      now[name] === undefined
        ? `${name}: found no such file, expected the file of ${bytes} bytes that the run has read before`
        : `${name}: found ${now[name].bytes} bytes with another SHA-256 digest, expected the ${bytes} bytes that the run has read before`,
    )
  if (problems.length > 0) throw new ConfigError(problems)
}
