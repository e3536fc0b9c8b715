import { bfloat16, float16 } from '../../../../checkpoint/half.js'
import type { Elements, NarrowFormat } from '../../../program/node.js'

const formats = { float16, bfloat16 } as const

/** Returns numbers in a format of 16 bits; undefined if it does not hold all of them exactly. */
export const toNarrow = (data: Elements, format: NarrowFormat): Uint16Array | undefined => {
  if (!(data instanceof Float32Array)) return undefined
  const bits = formats[format].fromFloat32(data)
  const wide = fromNarrow(bits, format)
  for (let i = 0; i < data.length; i++) if (wide[i] !== data[i]) return undefined
  return bits
}

/** Returns numbers of a format of 16 bits in float32. */
export const fromNarrow = (bits: Uint16Array, format: NarrowFormat): Float32Array => formats[format].toFloat32(bits)
