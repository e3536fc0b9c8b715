import { orThrow } from '../../lib/or-throw.js'
import { claimExistingRun, claimNamedFolder, type ClaimedFolder, claimNextFolder } from '../../lib/run/claim-folder.js'
import type { TrainConfig } from '../config/train-config.js'
import type { Flag } from '../flag.js'
import { wallClock } from '../../lib/timing/wall-clock.js'

/** Folder that run folders without a name of their own are created in. */
const RUNS = 'runs'

export const outFlag: Flag = {
  name: 'out',
  value: 'DIR',
  about: `run folder, which must be new or empty [${RUNS}/TASK-ALGORITHM-SEED, numbered if it exists]`,
  group: 'Files',
}

/**
 * Claims the folder of a new run before anything is measured or written, so that two processes never share a folder.
 *
 * @errors FileError
 */
export const claimRunFolder = (
  { task, algorithm, seed }: Pick<TrainConfig, 'task' | 'algorithm' | 'seed'>,
  out: string | undefined,
): Promise<ClaimedFolder> =>
  orThrow(
    out === undefined
      ? claimNextFolder(RUNS, `${task}-${algorithm}-${seed}`, wallClock)
      : claimNamedFolder(out, wallClock),
  )

/** Claims the folder of a run to resume it. @errors FileError if another process trains it */
export const claimExistingFolder = (folder: string): Promise<ClaimedFolder> =>
  orThrow(claimExistingRun(folder, wallClock))
