import { readdir, stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
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
 * Checks that the files that a run reads are those that it has read before. `replaced` is the module of a verifier that the run has no
 * longer: a changed setting, which is recorded by its name; null if the verifier stays.
 *
 * @errors throws ConfigError that names each file that has changed
 */
export const checkInputs = (
  before: RunCheckpoint['inputs'],
  now: RunCheckpoint['inputs'],
  replaced: string | null,
): void => {
  const problems = Object.entries(before)
    .filter(([name]) => replaced === null || name !== normalize(replaced))
    .flatMap(([name, { bytes, sha256 }]) => {
      const found = now[name]
      if (found?.sha256 === sha256) return []
      return found === undefined
        ? `${name}: found no such file among those that the run reads, expected the ${bytes} bytes that it has read before`
        : `${name}: found ${found.bytes} bytes with another SHA-256 digest, expected the ${bytes} bytes that the run has read before`
    })
  if (problems.length > 0) throw new ConfigError(problems)
}
