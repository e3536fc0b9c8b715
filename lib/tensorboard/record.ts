import { crc32c } from './crc-32c.js'

/**
 * Frames data as a record of a TFRecord file.
 *
 *     length: uint64 | masked crc of length: uint32 | data | masked crc of data: uint32        little-endian
 *
 * @source github.com/tensorflow/tensorflow, tensorflow/core/lib/io/record_writer.h
 */
export const tfRecord = (data: Uint8Array): Uint8Array => {
  const record = new Uint8Array(12 + data.length + 4)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, mask(crc32c(record.subarray(0, 8))), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, mask(crc32c(data)), true)
  return record
}

/** Rotates and shifts a checksum for storage, because checksums of bytes that contain checksums are weak. */
const mask = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
