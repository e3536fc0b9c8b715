import type { SchemaElement } from 'hyparquet'
import { float16 } from '../../../checkpoint/half.js'
import { isExact, parseExactJson } from '../../../codec/json-text.js'
import type { ColumnDecoder } from './pages.js'

/** How the values of a column become the values that JSON lines have. */
export interface Leaf {
  readonly decoder: Pick<ColumnDecoder, 'element' | 'utf8'> & { readonly parsers: Partial<ColumnDecoder['parsers']> }
  /** Converts a value of the library. */
  readonly convert: (value: unknown) => unknown
}

const fatal = new TextDecoder('utf-8', { fatal: true })
const parsers = {
  jsonFromBytes: (bytes: Uint8Array | undefined): unknown => bytes && parseExactJson(fatal.decode(bytes)),
}

/**
 * Returns how to decode a column: numbers keep their decimal digits, so that float32 1.1 is 1.1, and a number that a double
 * cannot hold becomes text.
 */
export const leafOf = (element: SchemaElement): Leaf => {
  if (element.converted_type === 'DECIMAL' || element.logical_type?.type === 'DECIMAL') {
    // Without its type, the library does not multiply the integer by a power of ten, which would round it.
    const raw = { ...element }
    delete raw.converted_type
    delete raw.logical_type
    return { decoder: { element: raw, utf8: false, parsers }, convert: decimal(element.scale ?? 0) }
  }
  const isText = element.converted_type === 'UTF8' || element.logical_type?.type === 'STRING'
  const text = isText ? { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && fatal.decode(bytes) } : {}
  return {
    decoder: { element, parsers: { ...parsers, ...text } },
    convert: element.type === 'FLOAT' ? single : element.logical_type?.type === 'FLOAT16' ? half : integer,
  }
}

const integer = (value: unknown): unknown => {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

/** Returns the shortest decimal that is stored as the same float32. */
const single = (value: unknown): unknown => shortest(value, Math.fround)

const half = (value: unknown): unknown =>
  shortest(value, (x) => float16.toFloat32(float16.fromFloat32(Float32Array.of(x)))[0]!)

const shortest = (value: unknown, round: (x: number) => number): unknown => {
  if (typeof value !== 'number' || !Number.isFinite(value)) return value
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (round(short) === value) return short
  }
  return Number(value.toPrecision(9))
}

/** Converts an integer of a decimal column, which is stored as a number or as bytes, the highest first. */
const decimal =
  (scale: number) =>
  (value: unknown): unknown => {
    if (value === null || value === undefined) return value
    const unscaled = value instanceof Uint8Array ? signed(value) : BigInt(value as number | bigint)
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
    const whole = digits.slice(0, digits.length - scale)
    const text = `${unscaled < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`
    return isExact(text) ? Number(text) : text
  }

const signed = (bytes: Uint8Array): bigint => {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex || '0'}`))
}
