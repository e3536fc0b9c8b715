import { expect } from 'vitest'

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/**
 * Finds arrays of numbers equal whose bytes are. Vitest compares them number by number, which takes seconds for the bytes of a
 * checkpoint. Arrays with different bytes are left to it: NaN has several forms, and the message names what differs.
 */
expect.addEqualityTesters([
  (found: unknown, expected: unknown) => {
    if (!ArrayBuffer.isView(found) || !ArrayBuffer.isView(expected)) return undefined
    if (found.constructor !== expected.constructor) return undefined
    return Buffer.compare(bytesOf(found), bytesOf(expected)) === 0 ? true : undefined
  },
])
