/** Castagnoli's polynomial in reversed bit order. */
const POLYNOMIAL = 0x82f63b78

/** Checksum of each single byte. */
const byteTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  return crc
})

/** Returns the checksum CRC-32C of bytes. @source RFC 3720, appendix B.4 */
export const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = byteTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
