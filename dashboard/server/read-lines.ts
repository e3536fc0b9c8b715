import { open, stat } from 'node:fs/promises'
import { isMissing } from '../../lib/file/missing-file.js'
import { FileError } from '../../lib/file/file-error.js'

/** Complete lines of a log. */
export interface Lines {
  /** Text of the lines, each with its line end. */
  readonly bytes: Buffer
  /** Position of the next line in the file; 0, without lines, if the file ends before the start. @units bytes */
  readonly next: number
}

/** Largest amount to read at once. A line that is longer is read whole. */
export interface Portion {
  readonly lines: number
  readonly bytes: number
}

/**
 * Reads the complete lines of a growing file from a position on. Text without a line end is not a line yet. A missing file is
 * empty.
 *
 *     file     {"step":0}⏎ {"step":1}⏎ {"st        two lines, whose next begins at {"st
 *
 * To follow a file, a caller stores only `next`. A file that has become shorter is another file, so its lines begin again at 0.
 *
 * @errors FileError for a line that is too long; the errors of the file system
 */
export const readLines = async (file: string, start: number, portion: Portion): Promise<Lines> => {
  try {
    const available = (await stat(file)).size - start
    return available > 0 ? await readPortion(file, start, available, portion) : noLines(available < 0 ? 0 : start)
  } catch (error) {
    if (isMissing(error)) return noLines(0)
    throw error
  }
}

const readPortion = async (
  file: string,
  start: number,
  available: number,
  { lines, bytes }: Portion,
): Promise<Lines> => {
  const handle = await open(file)
  try {
    for (let size = Math.min(bytes, available); ; size = Math.min(2 * size, available)) {
      const buffer = Buffer.allocUnsafe(size)
      const { bytesRead } = await handle.read(buffer, 0, size, start)
      const end = endOfLines(buffer.subarray(0, bytesRead), lines)
      if (end > 0 || bytesRead < size || size === available)
        return { bytes: buffer.subarray(0, end), next: start + end }
      if (size >= MAX_LINE)
        throw new FileError(file, `more than ${MAX_LINE} bytes without a line end from byte ${start}`, 'a log of a run')
    }
  } finally {
    await handle.close()
  }
}

/** A longer line is not from a run. @units bytes */
const MAX_LINE = 2 ** 26

const noLines = (start: number): Lines => ({ bytes: Buffer.alloc(0), next: start })

const LINE_END = 0x0a

/** Returns the end of the first `most` lines; 0 if there is no complete line. */
const endOfLines = (bytes: Buffer, most: number): number => {
  let end = 0
  for (let count = 0; count < most; count++) {
    const at = bytes.indexOf(LINE_END, end)
    if (at === -1) break
    end = at + 1
  }
  return end
}
