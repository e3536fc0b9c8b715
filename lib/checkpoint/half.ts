import type { HostTensor } from '../compute/program/node.js'
import { lookUp } from '../registry.js'

/** Conversions of a 16-bit float format. */
export interface Half {
  /** Converts to float32, exactly. */
  readonly toFloat32: (bits: Uint16Array) => Float32Array
  /** Rounds float32 to the nearest value, ties to even. Values that are too large become infinite. */
  readonly fromFloat32: (values: Float32Array) => Uint16Array
}

const narrowFormats = { F16: 'float16', BF16: 'bfloat16' } as const

/** Field `narrow` of a tensor by the name of its format in a file; no field for a format of another width. */
export const narrowOf = (format: string): Pick<HostTensor, 'narrow'> => {
  const narrow = lookUp(narrowFormats, format)
  return narrow === undefined ? {} : { narrow }
}

/** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
export const float16: Half = {
  toFloat32: (bits) => fill(new Float32Array(bits.length), (i) => fromFloat16(bits[i]!)),
  fromFloat32: (values) => {
    const wide = bitsOf(values)
    return fill(new Uint16Array(wide.length), (i) => toFloat16(wide[i]!))
  },
}

/** The upper half of a float32: 8 bits of exponent, 7 of fraction. */
export const bfloat16: Half = {
  toFloat32: (bits) => new Float32Array(fill(new Uint32Array(bits.length), (i) => bits[i]! << 16).buffer),
  fromFloat32: (values) => {
    const wide = bitsOf(values)
    return fill(new Uint16Array(wide.length), (i) => toBfloat16(wide[i]!))
  },
}

/** Fills an array by index. A loop takes a tenth of the time of `from` of the typed array. */
const fill = <A extends Float32Array | Uint32Array | Uint16Array>(array: A, of: (i: number) => number): A => {
  for (let i = 0; i < array.length; i++) array[i] = of(i)
  return array
}

/** Smallest float16 above 0. */
const STEP = 2 ** -24

/** Table of all float16 values by their bits; created on first use. */
let numbers: Float32Array | undefined

/** Returns the value of a float16 given by its bits. */
export const fromFloat16 = (bits: number): number => {
  numbers ??= fill(new Float32Array(2 ** 16), valueOf)
  return numbers[bits]!
}

const valueOf = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * STEP : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

const INFINITY = 0x7f800000
/** Bits of 65520, the smallest number that rounds to an infinite float16. */
const TOO_LARGE = 0x477ff000
/** Bits of 2^-14. Smaller float16 numbers are multiples of {@link STEP}. */
const NORMAL = 0x38800000

const toFloat16 = (bits: number): number => {
  const [sign, size] = [(bits >>> 16) & 0x8000, bits & 0x7fffffff]
  if (size > INFINITY) return 0x7e00
  if (size >= TOO_LARGE) return sign | 0x7c00
  if (size >= NORMAL) return sign | (shiftToEven(size, 13) - (112 << 10))
  return sign | subnormalBits(size)
}

const toBfloat16 = (bits: number): number => ((bits & 0x7fffffff) > INFINITY ? 0x7fc0 : shiftToEven(bits, 16))

/** Rounds a number below 2^-14 to a multiple of {@link STEP}. Its exponent gives how many of its 24 bits are below a step. */
const subnormalBits = (size: number): number => {
  const below = 126 - (size >>> 23)
  return below > 24 ? 0 : shiftToEven((size & 0x7fffff) | 0x800000, below)
}

/** Shifts to the right and rounds to the nearest integer, ties to even. */
const shiftToEven = (bits: number, by: number): number =>
  ((bits >>> 0) + (2 ** (by - 1) - 1) + ((bits >>> by) & 1)) >>> by

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length)
