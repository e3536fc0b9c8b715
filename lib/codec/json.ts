import type { NumberJson } from './number.js'

/**
 * What flows, as plain JSON data: same fields, typed arrays as arrays of numbers, NaN and the like as words
 * (see {@link NumberJson}). An `Either` is a tagged object already: `{ _tag: 'Left', left }` or `{ _tag: 'Right', right }`.
 */
export type Json<A> = A extends number
  ? NumberJson
  : A extends Float32Array | Int32Array | Uint8Array
    ? readonly NumberJson[]
    : A extends string | boolean | null
      ? A
      : { readonly [K in keyof A]: Json<A[K]> }
