import { join } from 'node:path'
import { runFiles } from '../run-folder.js'

/** Names of the files in a checkpoint. */
export const checkpointFiles = {
  /** Parameters that train: all weights, or the adapters alone. */
  parameters: 'parameters.safetensors',
  firstMoments: 'first-moments.safetensors',
  secondMoments: 'second-moments.safetensors',
  /** The rest of the state, and the checksums of the other files. */
  state: 'state.json',
} as const

/** Folder of the checkpoints of a run. */
export const checkpointsFolder = (run: string): string => join(run, runFiles.checkpoints)

/** Name of the checkpoint after so many steps. The names sort by step up to a million steps. */
export const checkpointName = (step: number): string => `step-${String(step).padStart(6, '0')}`

/** Folder of the checkpoint after so many steps. */
export const checkpointFolder = (run: string, step: number): string =>
  join(checkpointsFolder(run), checkpointName(step))

/** Returns the number of steps of a checkpoint's name; null for another name, such as that of an incomplete checkpoint. */
export const stepOfName = (name: string): number | null => {
  const digits = /^step-(\d{6,})$/.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}
