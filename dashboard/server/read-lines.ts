import { open, stat } from 'node:fs/promises'
import { isMissing } from '../../lib/file/missing-file.js'
import { FileError } from '../../lib/file/file-error.js'

/** Some whole lines of a log. */
export interface Lines {
  /** Each with its line end. */
  readonly bytes: Buffer
  /** Where the line after them begins, or will. @units bytes */
  readonly next: number
}

/** How much is read at once; a line is never cut, however long. */
export interface Portion {
  readonly lines: number
  readonly bytes: number
}

/**
 * The lines of a growing file from a byte on. What has no line end is no line yet, and a file that is not there has none.
 *
 *     file     {"step":0}⏎ {"step":1}⏎ {"st        two lines, whose next begins at {"st
 *
 * Whoever follows a file keeps nothing but `next`.
 *
 * @errors FileError for a line that no run writes; the file system's errors
 */
export const readLines = async (file: string, start: number, portion: Portion): Promise<Lines> => {
  try {
    const there = (await stat(file)).size - start
    return there > 0 ? await read(file, start, there, portion) : noLines(start)
  } catch (error) {
    if (isMissing(error)) return noLines(start)
    throw error
  }
}

const read = async (file: string, start: number, there: number, { lines, bytes }: Portion): Promise<Lines> => {
  const handle = await open(file)
  try {
    for (let size = Math.min(bytes, there); ; size = Math.min(2 * size, there)) {
      const buffer = Buffer.allocUnsafe(size)
      const { bytesRead } = await handle.read(buffer, 0, size, start)
      const end = endOfLines(buffer.subarray(0, bytesRead), lines)
      if (end > 0 || bytesRead < size || size === there) return { bytes: buffer.subarray(0, end), next: start + end }
      if (size >= LONGEST)
        throw new FileError(
          file,
          `more than ${LONGEST} bytes without a line end from byte ${start}`,
          'what a run writes',
        )
    }
  } finally {
    await handle.close()
  }
}

/** A line beyond this is no line of ours. @units bytes */
const LONGEST = 2 ** 26

const noLines = (start: number): Lines => ({ bytes: Buffer.alloc(0), next: start })

const LINE_END = 0x0a

/** Where the last of the first `most` lines ends; 0 where none does. */
const endOfLines = (bytes: Buffer, most: number): number => {
  let end = 0
  for (let count = 0; count < most; count++) {
    const at = bytes.indexOf(LINE_END, end)
    if (at === -1) break
    end = at + 1
  }
  return end
}
