import type { NumberJson } from './number.js'

/**
 * A value as plain JSON data: the same fields, typed arrays as arrays of numbers, and words for numbers that JSON cannot
 * write (see {@link NumberJson}). An `Either` is already a tagged object: `{ _tag: 'Left', left }` or `{ _tag: 'Right', right }`.
 */
export type Json<A> = A extends number
  ? NumberJson
  : A extends Float32Array | Int32Array | Uint8Array
    ? readonly NumberJson[]
    : A extends string | boolean | null
      ? A
      : { readonly [K in keyof A]: Json<A[K]> }
