import { type Scalar } from '#lib/tensorboard/scalars.js'

/** An event as decoded without the library, from the wire format. */
export interface ReadEvent {
  readonly wallTime: number
  readonly step: number
  readonly fileVersion: string | null
  readonly scalars: readonly Scalar[]
}

/** Masked CRC-32C, computed bit by bit. */
const checksum = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc ^ (byte >> bit)) & 1 ? 0x82f63b78 : 0)
  const turned = BigInt.asUintN(32, BigInt(~crc))
  return Number(BigInt.asUintN(32, ((turned >> 15n) | (turned << 17n)) + 0xa282ead8n))
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Data of each record. Throws if a checksum is wrong or the last record is truncated. */
export const recordsIn = (file: Uint8Array): readonly Uint8Array[] => {
  const records: Uint8Array[] = []
  for (let at = 0; at < file.length;) {
    const length = Number(viewOf(file).getBigUint64(at, true))
    const data = file.subarray(at + 12, at + 12 + length)
    const [head, tail] = [viewOf(file).getUint32(at + 8, true), viewOf(file).getUint32(at + 12 + length, true)]
    if (head !== checksum(file.subarray(at, at + 8))) throw new Error(`length at byte ${at}: wrong checksum`)
    if (tail !== checksum(data)) throw new Error(`data at byte ${at + 12}: wrong checksum`)
    records.push(data)
    at += 12 + length + 4
  }
  return records
}

export const eventsIn = (file: Uint8Array): readonly ReadEvent[] => recordsIn(file).map(eventIn)

const eventIn = (record: Uint8Array): ReadEvent => {
  const fields = new Map(fieldsOf(record))
  const version = fields.get(3)
  const summary = fields.get(5)
  return {
    wallTime: (fields.get(1) ?? 0) as number,
    step: (fields.get(2) ?? 0) as number,
    fileVersion: version === undefined ? null : text(version),
    scalars:
      summary === undefined ? [] : fieldsOf(summary as Uint8Array).map(([, value]) => scalarIn(value as Uint8Array)),
  }
}

const scalarIn = (message: Uint8Array): Scalar => {
  const fields = new Map(fieldsOf(message))
  return { tag: text(fields.get(1)!), value: fields.get(2) as number }
}

const text = (bytes: number | Uint8Array) => new TextDecoder().decode(bytes as Uint8Array)

/** Number and value of each field of a protobuf message. */
const fieldsOf = (message: Uint8Array): readonly (readonly [number, number | Uint8Array])[] => {
  const view = viewOf(message)
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  const take = (length: number) => ((at += length), at - length)
  const read: Readonly<Record<number, () => number | Uint8Array>> = {
    0: varint,
    1: () => view.getFloat64(take(8), true),
    2: () => {
      const length = varint()
      return message.subarray(take(length), at)
    },
    5: () => view.getFloat32(take(4), true),
  }
  const fields: (readonly [number, number | Uint8Array])[] = []
  while (at < message.length) {
    const key = varint()
    fields.push([key >> 3, read[key & 7]!()])
  }
  return fields
}
