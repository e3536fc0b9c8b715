import type { DataReader } from 'hyparquet'
import { MAX_DEPTH } from '../../../codec/json-text.js'

/** Types of the compact protocol of Thrift. */
const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12]

/** Longest number of variable length: 64 bits, seven in each byte. @units bytes */
const MAX_VARINT = 10

/**
 * Walks over a structure of Thrift without storing it, because the library allocates a list before it reads the elements. The
 * reader stays where it is.
 *
 * @errors throws RangeError for a list of more elements than there are bytes, a number of more than 64 bits, too many structures
 * in each other, and a structure without an end
 * @source github.com/apache/thrift, doc/specs/thrift-compact-protocol.md
 */
export const checkThrift = ({ view, offset }: DataReader): void => new Walker(view, offset).struct(0)

class Walker {
  constructor(
    private readonly view: DataView,
    private at: number,
  ) {}

  struct(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError(`structures in more than ${MAX_DEPTH} levels`)
    for (;;) {
      const byte = this.#byte()
      if ((byte & 15) === STOP) return
      // A field whose number is not given as a difference has it in full.
      if (byte >> 4 === 0) this.#varint()
      this.#value(byte & 15, depth)
    }
  }

  #value(type: number, depth: number): void {
    if (type === TRUE || type === FALSE) return
    if (type === BYTE) this.#skip(1)
    else if (type === I16 || type === I32 || type === I64) this.#varint()
    else if (type === DOUBLE) this.#skip(8)
    else if (type === BINARY) this.#skip(this.#varint())
    else if (type === LIST) this.#list(depth)
    else if (type === STRUCT) this.struct(depth + 1)
    else throw new RangeError(`a value of type ${type}`)
  }

  #list(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError(`lists in more than ${MAX_DEPTH} levels`)
    const byte = this.#byte()
    const [length, type] = [byte >> 4 === 15 ? this.#varint() : byte >> 4, byte & 15]
    const room = this.view.byteLength - this.at
    if (length > room) throw new RangeError(`a list of ${length} elements in ${room} bytes`)
    for (let i = 0; i < length; i++) this.#value(type === TRUE || type === FALSE ? BYTE : type, depth + 1)
  }

  #byte(): number {
    this.#skip(1)
    return this.view.getUint8(this.at - 1)
  }

  #skip(bytes: number): void {
    const room = this.view.byteLength - this.at
    if (bytes > room) throw new RangeError(`a value of ${bytes} bytes in ${room} bytes`)
    this.at += bytes
  }

  /** Reads a number of variable length. The length of a text or a list is exact, because every larger one is refused. */
  #varint(): number {
    let value = 0
    for (let length = 0; length < MAX_VARINT; length++) {
      const byte = this.#byte()
      value += (byte & 127) * 2 ** (7 * length)
      if (byte < 128) return value
    }
    throw new RangeError(`a number of more than ${MAX_VARINT} bytes`)
  }
}
