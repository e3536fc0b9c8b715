import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { orThrow } from '../../lib/or-throw.js'
import { digestOfFile } from '../../lib/run/checkpoint/read-checkpoint.js'
import type { FileDigest, RunCheckpoint } from '../../lib/run/checkpoint/run-checkpoint.js'
import { ConfigError } from '../config/config-error.js'
import type { TrainConfig } from '../config/train-config.js'
import type { NamedModel } from '../resources/open-model.js'

/** Returns the digests of the files that a run reads: its model, its adapters and its data. @errors rejects with CheckpointError */
export const digestInputs = async (
  { model, adapter, data }: Pick<TrainConfig, 'model' | 'adapter' | 'data'>,
  base: Pick<NamedModel, 'path'>,
): Promise<RunCheckpoint['inputs']> => {
  // A bundled model keeps its name, wherever the package is installed.
  const named = [
    [model, base.path],
    ...[...(adapter === null ? [] : [adapter]), ...data.train, ...data.tune, ...data.test].map(
      (path) => [path, path] as const,
    ),
  ] as const
  const digests: Record<string, FileDigest> = {}
  for (const [name, path] of named)
    for (const file of await filesAt(path)) digests[join(name, file)] = await orThrow(digestOfFile(join(path, file)))
  return digests
}

/** Returns the files of a folder, or the empty name for a path that is a file. */
const filesAt = async (path: string): Promise<readonly string[]> => {
  if (!(await stat(path)).isDirectory()) return ['']
  const entries = await readdir(path, { withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)
  return files.sort()
}

/**
 * Checks that the files that a run reads are those that it has read before.
 *
 * @errors throws ConfigError that names each file that has changed
 */
export const checkInputs = (before: RunCheckpoint['inputs'], now: RunCheckpoint['inputs']): void => {
  const problems = Object.entries(before)
    .filter(([name, { sha256 }]) => now[name]?.sha256 !== sha256)
    .map(([name, { bytes }]) =>
      now[name] === undefined
        ? `${name}: found no such file, expected the file of ${bytes} bytes that the run has read before`
        : `${name}: found ${now[name].bytes} bytes with another SHA-256 digest, expected the ${bytes} bytes that the run has read before`,
    )
  if (problems.length > 0) throw new ConfigError(problems)
}
