import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { machineDisk, writeDurably } from '../file/disk.js'
import { runFiles } from './run-folder.js'

/** File of zeros in a run folder. It is removed when the disk is full, so that a checkpoint still fits. */
export interface SpareFile {
  /** Creates the file, of a size up to 64 MiB. If there is no room for it, the run has none. @units bytes */
  readonly reserve: (bytes: number) => Promise<void>
  /** Removes the file. Returns its size; 0 if there is none, and if the disk does not let it go. @units bytes */
  readonly giveUp: () => number
}

/** @units bytes */
const LARGEST = 2 ** 26
const PIECE = 2 ** 20

/** Returns the spare file of a run. */
export const spareFile = (run: string): SpareFile => {
  const file = join(run, runFiles.spare)
  return {
    reserve: async (bytes) => {
      if (sizeOf(file) > 0) return
      try {
        await writeDurably(machineDisk, file, zeros(Math.min(LARGEST, bytes)))
      } catch {
        await machineDisk.remove(file).catch(() => undefined)
      }
    },
    giveUp: () => {
      const size = sizeOf(file)
      try {
        rmSync(file, { force: true })
        return size
      } catch {
        // A disk that is read-only or failing frees nothing. The error of the write says more than one of the removal.
        return 0
      }
    },
  }
}

function* zeros(bytes: number): Generator<Uint8Array> {
  for (let left = bytes; left > 0; left -= PIECE) yield new Uint8Array(Math.min(PIECE, left))
}

/** Returns the size of a file; 0 if it cannot be read, such as on a disk that has vanished. @units bytes */
const sizeOf = (file: string): number => {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}
