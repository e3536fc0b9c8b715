import type { DataReader } from 'hyparquet'
import { readVarInt } from 'hyparquet/src/thrift.js'

/** Runs of repeated or packed numbers, the encoding of levels and of dictionary indices. */
export interface Runs {
  readonly reader: DataReader
  /** Place after the last byte of the runs. @units bytes */
  readonly end: number
  /** Size of a number. @units bits */
  readonly width: number
  /** Number of values that the runs must have. */
  readonly values: number
}

/** Values of the last group of packed numbers that may be padding. */
const PADDING = 8

/**
 * Walks over runs without storing their values, because a wrong count of a run would fill the memory. Returns the number of
 * values equal to `counted`.
 *
 * @errors throws RangeError if the runs have too few values, or a run has more than there are
 * @source github.com/apache/parquet-format, Encodings.md
 */
export const checkRuns = ({ reader, end, width, values }: Runs, counted = -1): number => {
  let [seen, equal] = [0, 0]
  while (seen < values) {
    if (reader.offset >= end) throw new RangeError(`${seen} values in a page, expected ${values}`)
    const header = readVarInt(reader)
    const count = header & 1 ? (header >>> 1) * 8 : header >>> 1
    const bytes = header & 1 ? (count / 8) * width : (width + 7) >> 3
    if (header < 0 || count > values - seen + PADDING || (count > 0 && reader.offset + bytes > end))
      throw new RangeError(`a run of ${count} values in a page, expected at most ${values - seen}`)
    const inRun = Math.min(count, values - seen)
    equal += header & 1 ? equalPacked(reader, width, inRun, counted) : equalRepeated(reader, width, inRun, counted)
    reader.offset += bytes
    seen += count
  }
  return equal
}

const equalRepeated = ({ view, offset }: DataReader, width: number, count: number, counted: number): number =>
  counted >= 0 && width > 0 && view.getUint8(offset) === counted ? count : 0

/** Levels have at most eight bits, so a number lies in two bytes. */
const equalPacked = ({ view, offset }: DataReader, width: number, count: number, counted: number): number => {
  if (counted < 0) return 0
  let equal = 0
  for (let i = 0; i < count; i++) {
    const [byte, bit] = [offset + ((i * width) >> 3), (i * width) & 7]
    const pair = view.getUint8(byte) | ((byte + 1 < view.byteLength ? view.getUint8(byte + 1) : 0) << 8)
    if (((pair >> bit) & ((1 << width) - 1)) === counted) equal++
  }
  return equal
}
