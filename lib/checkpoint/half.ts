/** What a 16-bit float is made of and made into. */
export interface Half {
  /** Exactly. */
  readonly widened: (bits: Uint16Array) => Float32Array
  /** To the nearest, ties to even; what is too large becomes infinite. */
  readonly narrowed: (values: Float32Array) => Uint16Array
}

/** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
export const float16: Half = {
  widened: (bits) => filled(new Float32Array(bits.length), (i) => fromFloat16(bits[i]!)),
  narrowed: (values) => {
    const wide = bitsOf(values)
    return filled(new Uint16Array(wide.length), (i) => toFloat16(wide[i]!))
  },
}

/** The upper half of a float32: 8 bits of exponent, 7 of fraction. */
export const bfloat16: Half = {
  widened: (bits) => new Float32Array(filled(new Uint32Array(bits.length), (i) => bits[i]! << 16).buffer),
  narrowed: (values) => {
    const wide = bitsOf(values)
    return filled(new Uint16Array(wide.length), (i) => toBfloat16(wide[i]!))
  },
}

/** As `from` of the array's kind, which takes ten times as long. */
const filled = <A extends Float32Array | Uint32Array | Uint16Array>(array: A, of: (i: number) => number): A => {
  for (let i = 0; i < array.length; i++) array[i] = of(i)
  return array
}

/** Smallest float16 above 0. */
const STEP = 2 ** -24

/** The number of every pattern of bits, once one is asked for. */
let numbers: Float32Array | undefined

export const fromFloat16 = (bits: number): number => {
  numbers ??= filled(new Float32Array(2 ** 16), numberOf)
  return numbers[bits]!
}

const numberOf = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * STEP : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

const INFINITY = 0x7f800000
/** Bits of 65520: from there on a float16 is infinite. */
const TOO_LARGE = 0x477ff000
/** Bits of 2^-14: below, float16 has a fixed step. */
const NORMAL = 0x38800000

const toFloat16 = (bits: number): number => {
  const [sign, size] = [(bits >>> 16) & 0x8000, bits & 0x7fffffff]
  if (size > INFINITY) return 0x7e00
  if (size >= TOO_LARGE) return sign | 0x7c00
  if (size >= NORMAL) return sign | (toEven(size, 13) - (112 << 10))
  return sign | evenSteps(size)
}

const toBfloat16 = (bits: number): number => ((bits & 0x7fffffff) > INFINITY ? 0x7fc0 : toEven(bits, 16))

/** A number below 2^-14, counted in steps. It has 24 bits, and its exponent says how many of them are below a step. */
const evenSteps = (size: number): number => {
  const below = 126 - (size >>> 23)
  return below > 24 ? 0 : toEven((size & 0x7fffff) | 0x800000, below)
}

/** Shifted right and rounded, a tie to the even number. */
const toEven = (bits: number, by: number): number => ((bits >>> 0) + (2 ** (by - 1) - 1) + ((bits >>> by) & 1)) >>> by

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length)
